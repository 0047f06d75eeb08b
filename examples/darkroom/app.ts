/** Darkroom: a photo archive for a small team. The one place that names everything. */
import { defineApp } from 'millrace/app'
import { findDuplicates, purgePhotos, renderPhoto } from './contract/photos.ts'
import { nightlyDuplicates, nightlyPurge } from './contract/schedules.ts'

export default defineApp({
  name: 'darkroom',
  tasks: [renderPhoto, findDuplicates, purgePhotos],
  schedules: [nightlyPurge, nightlyDuplicates],
  web: () => import('./web/front.ts'),
  worker: () => import('./worker/handlers.ts'),
  pages: new URL('./pages/', import.meta.url),
  migrations: new URL('./data/migrations/', import.meta.url),
})
