/** The pictures themselves: renditions for pages, and originals to take home. */
import { signedIn } from 'millrace'
import { type FrontRuntime, principalOf, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { originalKey, renditionKey } from '../contract/files.ts'
import { photoGuard } from '../contract/rules.ts'
import { photos } from '../data/photos.ts'
import { params, uuid } from './ids.ts'
import { unknownPhoto } from './photos.ts'
import { sendBlob } from './send-blob.ts'

/** By the browser of whoever was shown it, and by nothing on the way: the next one to ask may not see it. */
const FOR_EVER = 'private, max-age=31536000, immutable'
/** A rendition's name: its size, and a hash of its content. */
export const fileName = z.string().regex(/^\d{1,4}-[0-9a-f]{16}\.(avif|webp|jpg)$/)

export function mediaRoutes(web: WebInstance, { db, blobs }: FrontRuntime): void {
  const archive = photos(db)

  web.get(
    '/media/:photoId/:file',
    {
      config: { access: signedIn },
      schema: {
        summary: 'A rendition. What its URL shows never changes.',
        params: z.object({ photoId: uuid, file: fileName }),
      },
    },
    async (request, reply) => {
      const { photoId, file } = request.params
      const who = principalOf(request)
      const photo = photoGuard.take('see', who, await archive.findRights(photoId, who.account))
      const rendition = (await archive.findRendition(photo, file)) ?? unknownPhoto()
      reply.header('cache-control', FOR_EVER).type(`image/${rendition.format}`)
      // the name has a hash of the content in it, so it is the content's tag as well
      return sendBlob(request, reply, {
        blobs,
        key: renditionKey(photoId, file),
        bytes: rendition.bytes,
        etag: `"${file}"`,
      })
    },
  )

  web.get(
    '/api/photos/:id/original',
    {
      config: { access: signedIn },
      schema: { summary: 'The file as it was uploaded.', params },
    },
    async (request, reply) => {
      const { id } = request.params
      const who = principalOf(request)
      const photo = photoGuard.take('see', who, await archive.find(id, who.account))
      reply.header('cache-control', 'private, no-cache').type(photo.media_type)
      reply.header('content-disposition', attachment(photo.name))
      return sendBlob(request, reply, { blobs, key: originalKey(id), bytes: photo.bytes, etag: `"${id}"` })
    },
  )
}

/** The name in two forms (RFC 6266): for old clients in plain ASCII, for all others in full. */
function attachment(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, '_')
  const full = encodeURIComponent(name).replaceAll(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`
}
