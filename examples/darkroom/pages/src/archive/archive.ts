/** The reader's own photos, newest first. */
import { listPhotos } from '../api/photos.ts'
import { adoptUnfinished } from '../developing/developing.ts'
import { photoListOf } from './photo-list.ts'

export const archiveList = photoListOf(async (after, limit) => {
  const page = await listPhotos(after, limit)
  adoptUnfinished(page.photos)
  return page
})
export const archive = archiveList.now
export const refreshArchive = archiveList.refresh
export const replacePhoto = archiveList.replace
export const dropPhoto = archiveList.drop
