/** Darkroom: a photo archive for a small team. The one place that names everything. */
import { defineApp } from 'millrace/app'
import { importPhotos, undoImport } from './contract/imports.ts'
import { findDuplicates, noteEnds, purgePhotos, renderPhoto } from './contract/photos.ts'
import { nightlyDuplicates, nightlyPurge, regularEnds } from './contract/schedules.ts'

export default defineApp({
  name: 'darkroom',
  tasks: [renderPhoto, importPhotos, undoImport, findDuplicates, purgePhotos, noteEnds],
  schedules: [regularEnds, nightlyPurge, nightlyDuplicates],
  // an archive is whose it is, and albums say who else may see something of it: there is nothing for roles to tell
  identity: {
    roles: [],
    localUsers: [
      { id: 'ada', name: 'Ada Lovelace', email: 'ada@example.org' },
      { id: 'grace', name: 'Grace Hopper', email: 'grace@example.org' },
      { id: 'alan', name: 'Alan Turing', email: 'alan@example.org' },
    ],
  },
  web: () => import('./web/front.ts'),
  worker: () => import('./worker/handlers.ts'),
  pages: new URL('./pages/', import.meta.url),
  migrations: new URL('./data/migrations/', import.meta.url),
})
