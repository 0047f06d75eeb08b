/** Photos: listed, shown, edited, deleted and restored, straight in the database. */
import { type FrontRuntime, isUnchanged, problem, requireIfMatch, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { CAPTION_CHARS_MAX, TITLE_CHARS_MAX } from '../contract/limits.ts'
import { type Photo, photos } from '../data/photos.ts'
import { cursor, cursorOf } from './cursor.ts'
import { asJson, etagOfPhoto, type PhotoJson, photoJson } from './photo-json.ts'

export const params = z.object({ id: z.uuid().lowercase() })
export const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: cursor.optional(),
})

/** A text that may be emptied: null and '' are the same. */
const text = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .refine((value) => !value.includes('\0'), 'must not contain the character U+0000')
    .nullable()
    .transform((value) => value?.toWellFormed().trim() || null)
    .optional()
const edit = z.strictObject({ title: text(TITLE_CHARS_MAX), caption: text(CAPTION_CHARS_MAX) })

export function photoRoutes(web: WebInstance, { db, clock }: FrontRuntime): void {
  const archive = photos(db)
  const shown = async (id: string, photo: Photo | undefined): Promise<PhotoJson> => {
    const [json] = photo === undefined ? [] : await asJson(db, [photo])
    return json ?? unknownPhoto(id)
  }

  web.get(
    '/api/photos',
    {
      schema: {
        summary: 'Lists the photos, those taken or uploaded last first, without those that could not be made.',
        querystring: page,
        response: { 200: z.object({ photos: z.array(photoJson), next: z.string().nullable() }) },
      },
    },
    async (request) => {
      const { limit, after } = request.query
      const found = await archive.list(limit + 1, after)
      const shownOnPage = found.slice(0, limit)
      const last = found.length > limit ? shownOnPage.at(-1) : undefined
      return { photos: await asJson(db, shownOnPage), next: last === undefined ? null : cursorOf(last) }
    },
  )

  web.get(
    '/api/photos/:id',
    { schema: { summary: 'Shows a photo.', params, response: { 200: photoJson, 304: z.undefined() } } },
    async (request, reply) => {
      const { id } = request.params
      const photo = await shown(id, await archive.find(id))
      const etag = etagOfPhoto(photo)
      reply.header('etag', etag)
      return isUnchanged(request, etag) ? reply.code(304).send(undefined) : photo
    },
  )

  web.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    web.getDefaultJsonParser('error', 'error'),
  )
  web.patch(
    '/api/photos/:id',
    { schema: { summary: 'Edits title and caption (RFC 7396).', params, body: edit, response: { 200: photoJson } } },
    (request, reply) =>
      db.transaction(async () => {
        const { id } = request.params
        requireIfMatch(request, etagOfPhoto(await shown(id, await archive.findToEdit(id))))
        await archive.edit(id, request.body)
        const edited = await shown(id, await archive.find(id))
        reply.header('etag', etagOfPhoto(edited))
        return edited
      }),
  )

  web.delete(
    '/api/photos/:id',
    { schema: { summary: 'Deletes a photo. It can be restored for 30 days.', params } },
    async (request, reply) => {
      const { id } = request.params
      if (!(await archive.remove(id, new Date(clock.now())))) unknownPhoto(id)
      return reply.code(204).send()
    },
  )

  web.post(
    '/api/photos/:id/restore',
    { schema: { summary: 'Brings a deleted photo back.', params, response: { 200: photoJson } } },
    async (request, reply) => {
      const { id } = request.params
      await archive.restore(id)
      const photo = await shown(id, await archive.find(id))
      reply.header('etag', etagOfPhoto(photo))
      return photo
    },
  )
}

export function unknownPhoto(id: string): never {
  throw problem({
    status: 404,
    code: 'DARKROOM_PHOTO_UNKNOWN',
    detail: `There is no photo ${id}.`,
    remedy: 'It may have been deleted: list the photos again.',
  })
}
