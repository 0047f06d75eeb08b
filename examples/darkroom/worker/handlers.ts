/** Which code runs which task, and how much of it at a time. */
import { availableParallelism } from 'node:os'
import { handlers } from 'millrace/worker'
import { findDuplicates, purgePhotos, renderPhoto } from '../contract/photos.ts'

/** A picture at work takes some 100 MB beside its pixels: more at a time than this buys no speed for the memory. */
const IMAGES_MAX = 4

export default handlers(
  [
    { task: renderPhoto, load: () => import('./render-photo.ts'), isolate: 'thread' },
    { task: findDuplicates, load: () => import('./find-duplicates.ts') },
    { task: purgePhotos, load: () => import('./purge-photos.ts') },
  ],
  { concurrency: { images: Math.min(availableParallelism(), IMAGES_MAX), upkeep: 1 } },
)
