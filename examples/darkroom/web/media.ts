/** The pictures themselves: renditions for pages, and originals to take home. */
import type { FrontRuntime, WebInstance } from 'millrace/web'
import { z } from 'zod'
import { originalKey, renditionKey } from '../contract/files.ts'
import { photos } from '../data/photos.ts'
import { unknownPhoto } from './photos.ts'
import { sendBlob } from './send-blob.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'
const uuid = z.uuid().lowercase()

export function mediaRoutes(web: WebInstance, { db, blobs }: FrontRuntime): void {
  const archive = photos(db)

  web.get(
    '/media/:photoId/:file',
    {
      schema: {
        summary: 'A rendition. What its URL shows never changes.',
        params: z.object({ photoId: uuid, file: z.string().regex(/^\d{1,4}-[0-9a-f]{16}\.(avif|webp|jpg)$/) }),
      },
    },
    async (request, reply) => {
      const { photoId, file } = request.params
      const rendition = await archive.findRendition(photoId, file)
      if (rendition === undefined) unknownPhoto(photoId)
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
    { schema: { summary: 'The file as it was uploaded.', params: z.object({ id: uuid }) } },
    async (request, reply) => {
      const { id } = request.params
      const photo = await archive.find(id)
      if (photo === undefined) unknownPhoto(id)
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
