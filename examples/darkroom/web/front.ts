/** Darkroom's web side: its API, its pictures and its pages. */
import { front } from 'millrace/web'
import { quotaBytes } from '../contract/limits.ts'
import { accountRoutes } from './account.ts'
import { albumPhotoRoutes } from './album-photos.ts'
import { albumSharingRoutes } from './album-sharing.ts'
import { albumRoutes } from './albums.ts'
import { deletedRoutes } from './deleted.ts'
import { failureRoutes } from './failures.ts'
import { importRoutes } from './imports.ts'
import { mediaRoutes } from './media.ts'
import { pageRoutes } from './pages.ts'
import { photoRoutes } from './photos.ts'
import { sharedRoutes } from './shared.ts'
import { uploadRoutes } from './upload.ts'

export default front(async (web, runtime) => {
  quotaBytes() // set wrongly, it is refused now, and not by the first upload
  uploadRoutes(web, runtime)
  importRoutes(web, runtime)
  photoRoutes(web, runtime)
  deletedRoutes(web, runtime)
  failureRoutes(web, runtime)
  mediaRoutes(web, runtime)
  albumRoutes(web, runtime)
  albumPhotoRoutes(web, runtime)
  albumSharingRoutes(web, runtime)
  sharedRoutes(web, runtime)
  accountRoutes(web, runtime)
  await pageRoutes(web)
})
