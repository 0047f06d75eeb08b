/** Darkroom: a photo archive for a small team. The one place that names everything. */
import { defineApp } from 'millrace/app'
import { importPhotos, undoImport } from './contract/imports.ts'
import { findDuplicates, noteEnds, purgePhotos, renderPhoto } from './contract/photos.ts'
import { nightlyDuplicates, nightlyPurge, regularEnds } from './contract/schedules.ts'

export default defineApp({
  name: 'darkroom',
  tasks: [renderPhoto, importPhotos, undoImport, findDuplicates, purgePhotos, noteEnds],
  schedules: [regularEnds, nightlyPurge, nightlyDuplicates],
  web: () => import('./web/front.ts'),
  worker: () => import('./worker/handlers.ts'),
  pages: new URL('./pages/', import.meta.url),
  migrations: new URL('./data/migrations/', import.meta.url),
})
