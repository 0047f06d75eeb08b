/** Which code runs which task, and how much of it at a time. */
import { availableParallelism } from 'node:os'
import { handlers } from 'millrace/worker'
import { importPhotos, undoImport } from '../contract/imports.ts'
import { findDuplicates, noteEnds, purgePhotos, renderPhoto } from '../contract/photos.ts'

/** A picture at work takes some 100 MB beside its pixels: more at a time than this buys no speed for the memory. */
const IMAGES_MAX = 4
/** An import reads and writes and hardly computes: side by side, a large one keeps no small one waiting. */
const IMPORTS_MAX = 4

export default handlers(
  [
    { task: renderPhoto, load: () => import('./render-photo.ts'), isolate: 'thread' },
    { task: importPhotos, load: () => import('./import-photos.ts') },
    { task: undoImport, load: () => import('./undo-import.ts') },
    { task: findDuplicates, load: () => import('./find-duplicates.ts') },
    { task: purgePhotos, load: () => import('./purge-photos.ts') },
    { task: noteEnds, load: () => import('./note-ends.ts') },
  ],
  { concurrency: { images: Math.min(availableParallelism(), IMAGES_MAX), imports: IMPORTS_MAX, upkeep: 1 } },
)
