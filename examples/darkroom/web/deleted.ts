/** Photos that were deleted, until the purge takes them: listed, and deleted for good. photos.ts brings them back. */
import { signedIn } from 'millrace'
import { type FrontRuntime, principalOf, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { originalKey, renditionsOf } from '../contract/files.ts'
import { DAY_MS, DELETED_DAYS_KEPT } from '../contract/limits.ts'
import { photoGuard } from '../contract/rules.ts'
import { photos } from '../data/photos.ts'
import { cancelIfKnown } from './cancel.ts'
import { page, pageOf } from './cursor.ts'
import { params } from './ids.ts'
import { asJson, type PhotoJson, photoJson } from './photo-json.ts'

const deletedPhotoJson = photoJson.extend({
  deletedAt: z.string(),
  goneAt: z.string().meta({ description: 'When it will be deleted for good, by itself, in the night that follows.' }),
})

export function deletedRoutes(web: WebInstance, { db, people, blobs }: FrontRuntime): void {
  const archive = photos(db)
  const access = signedIn

  web.get(
    '/api/photos/deleted',
    {
      config: { access },
      schema: {
        summary: 'Lists one’s deleted photos that can be brought back, those deleted last first.',
        querystring: page,
        response: { 200: z.object({ photos: z.array(deletedPhotoJson), next: z.string().nullable() }) },
      },
    },
    async (request) => {
      const who = principalOf(request)
      const { limit, after } = request.query
      const found = await archive.listDeleted(who.account, limit + 1, after)
      const { shown, next } = pageOf(found, limit, ({ deleted_at }) => deleted_at)
      const whole = await asJson({ db, people }, photoGuard.takeAll('see', who, shown), who)
      return { photos: shown.map((photo, n) => ({ ...(whole[n] as PhotoJson), ...timesOf(photo) })), next }
    },
  )

  web.delete(
    '/api/photos/:id/deleted',
    {
      config: { access },
      schema: { summary: 'Deletes a deleted photo for good, at once: its room is free again.', params },
    },
    async (request, reply) => {
      const { id } = request.params
      await db.transaction(async () => {
        const photo = photoGuard.take('remove', principalOf(request), await archive.findDeletedToEdit(id))
        if (photo.status === 'processing') await cancelIfKnown(db, photo.operation)
        await archive.removeForGood(photo)
      })
      // rows go before files, as in the purge, which finds what is left when this fails
      await blobs.delete(originalKey(id))
      for (const { key } of await Array.fromAsync(blobs.list(renditionsOf(id)))) await blobs.delete(key)
      return reply.code(204).send()
    },
  )
}

function timesOf({ deleted_at }: { readonly deleted_at: Date }) {
  const goneAt = new Date(deleted_at.getTime() + DELETED_DAYS_KEPT * DAY_MS)
  return { deletedAt: deleted_at.toISOString(), goneAt: goneAt.toISOString() }
}
