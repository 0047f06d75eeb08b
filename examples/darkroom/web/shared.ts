/** What whoever has a link sees of an album: no more than the pictures and what is written below them. */
import { anyone, type Principal } from 'millrace'
import { type FrontRuntime, type Problem, problem, type WebInstance, type WebReply } from 'millrace/web'
import { z } from 'zod'
import { renditionKey } from '../contract/files.ts'
import { links, type SharedAlbum } from '../data/links.ts'
import { type Photo, photos } from '../data/photos.ts'
import { page, pageOf } from './cursor.ts'
import { uuid } from './ids.ts'
import { fileName } from './media.ts'
import { photoJson } from './photo-json.ts'
import { sendBlob } from './send-blob.ts'

const sharedPhotoJson = photoJson.pick({
  ...{ id: true, name: true, title: true, caption: true, status: true, takenAt: true, width: true, height: true },
  ...{ camera: true, lens: true, exposure: true, colours: true, placeholder: true, renditions: true },
})

/** As it comes: what is no token is answered as one that is not good. */
const token = z.string()

export function sharedRoutes(web: WebInstance, { db, blobs, clock, people }: FrontRuntime): void {
  const [archive, tokens] = [photos(db), links(db)]

  /** The address has the token in it: it is told to nobody, and kept nowhere. */
  async function open(
    reply: WebReply,
    given: string,
  ): Promise<{ readonly album: SharedAlbum; readonly owner: Principal }> {
    reply.header('referrer-policy', 'no-referrer').header('cache-control', 'private, no-store')
    const album = await tokens.findAlbum(given, new Date(clock.now()))
    const owner = album && (await people.find(album.owner))
    if (album === undefined || owner === undefined) throw notShared() // a disabled account shows nothing to anybody
    return { album, owner }
  }

  web.get(
    '/api/shared/:token',
    {
      config: { access: anyone },
      schema: {
        summary: 'Shows an album to whoever has a link to it.',
        params: z.object({ token }),
        querystring: page,
        response: {
          200: z.object({
            title: z.string(),
            owner: z.string(),
            photos: z.array(sharedPhotoJson),
            next: z.string().nullable(),
          }),
        },
      },
    },
    async (request, reply) => {
      const { token } = request.params
      const { limit, after } = request.query
      const { album, owner } = await open(reply, token)
      const found = await archive.list({ shared: album }, limit + 1, after, 'ready')
      const { shown, next } = pageOf(found, limit, ({ shown_at }) => shown_at)
      return {
        title: album.title,
        owner: owner.name,
        photos: shown.map((photo) => toJson(photo, token)),
        next,
      }
    },
  )

  web.get(
    '/media/shared/:token/:photoId/:file',
    {
      config: { access: anyone },
      schema: {
        summary: 'A rendition of a photo, for whoever has a link to an album that holds it.',
        params: z.object({ token, photoId: z.string(), file: z.string() }),
      },
    },
    async (request, reply) => {
      const { token, photoId, file } = request.params
      const { album } = await open(reply, token)
      const isPath = uuid.safeParse(photoId).success && fileName.safeParse(file).success
      const rendition = isPath ? await tokens.findRendition(album, photoId, file) : undefined
      if (rendition === undefined) throw notShared()
      // asked for again each time, so that it is not shown any more once the link is revoked
      reply.header('cache-control', 'private, no-cache').type(`image/${rendition.format}`)
      return sendBlob(request, reply, {
        ...{ blobs, key: renditionKey(photoId, file), bytes: rendition.bytes, etag: `"${file}"` },
      })
    },
  )
}

function toJson(photo: Photo, token: string): z.infer<typeof sharedPhotoJson> {
  const { id, name, title, caption, status, width, height, camera, lens, exposure, colours, placeholder } = photo
  return {
    ...{ id, name, title, caption, status, takenAt: photo.taken_at, width, height },
    ...{ camera, lens, exposure, colours, placeholder },
    renditions: photo.renditions.map(({ file, ...rendition }) => ({
      ...{ url: `/media/shared/${token}/${id}/${file}`, ...rendition },
    })),
  }
}

/** Whether it has expired, was revoked, is of a disabled account or never was: there is one answer to all of it. */
function notShared(): Problem {
  return problem({
    status: 404,
    code: 'DARKROOM_SHARED_UNKNOWN',
    detail: 'This link shows nothing, or nothing any more.',
    remedy: 'Ask whoever gave it to you for another.',
  })
}
