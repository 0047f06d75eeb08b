/** Photos are put into albums, and taken out of them. */
import { signedIn } from 'millrace'
import { type FrontRuntime, principalOf, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { ALBUM_PUT_MAX } from '../contract/limits.ts'
import { albumGuard, photoGuard } from '../contract/rules.ts'
import { albums } from '../data/albums.ts'
import { photos } from '../data/photos.ts'
import { params, uuid } from './ids.ts'
import { unknownPhoto } from './photos.ts'

export function albumPhotoRoutes(web: WebInstance, { db, clock }: FrontRuntime): void {
  const [all, archive] = [albums(db), photos(db)]
  const access = signedIn

  web.put(
    '/api/albums/:id/photos',
    {
      config: { access },
      schema: {
        summary: 'Puts photos of one’s own into an album: all of them or, when one is not there, none.',
        params,
        body: z.strictObject({ photoIds: z.array(uuid).min(1).max(ALBUM_PUT_MAX) }),
      },
    },
    (request, reply) =>
      db.transaction(async () => {
        const who = principalOf(request)
        const ids = [...new Set(request.body.photoIds)]
        const album = albumGuard.take('edit', who, await all.findToEdit(request.params.id, who.account))
        const own = photoGuard.takeAll('show', who, await archive.findOwn(ids, who.account))
        await all.addPhotos(album, own, { account: who.account, at: new Date(clock.now()) })
        return reply.code(204).send()
      }),
  )

  web.delete(
    '/api/albums/:id/photos/:photoId',
    {
      config: { access },
      schema: { summary: 'Takes a photo out of an album.', params: params.extend({ photoId: uuid }) },
    },
    async (request, reply) => {
      const who = principalOf(request)
      const { id, photoId } = request.params
      const isOut = await db.transaction(async () => {
        const album = albumGuard.take('edit', who, await all.findToEdit(id, who.account))
        return all.removePhoto(album, photoId)
      })
      if (!isOut) unknownPhoto()
      return reply.code(204).send()
    },
  )
}
