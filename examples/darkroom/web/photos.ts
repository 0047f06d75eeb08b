/** Photos: listed, shown, edited, deleted and restored, straight in the database. */
import { signedIn } from 'millrace'
import { type FrontRuntime, isUnchanged, principalOf, requireIfMatch, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { CAPTION_CHARS_MAX, TITLE_CHARS_MAX } from '../contract/limits.ts'
import { albumGuard, photoGuard } from '../contract/rules.ts'
import { albums } from '../data/albums.ts'
import { photos } from '../data/photos.ts'
import { page, pageOf } from './cursor.ts'
import { params, uuid } from './ids.ts'
import { asJson, etagOfPhoto, oneAsJson, photoJson } from './photo-json.ts'

const listed = page.extend({ album: uuid.optional() })

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

export function photoRoutes(web: WebInstance, { db, people, clock }: FrontRuntime): void {
  const [archive, parts] = [photos(db), { db, people }]
  const access = signedIn

  web.get(
    '/api/photos',
    {
      config: { access },
      schema: {
        summary: 'Lists one’s photos or those of an album, taken or uploaded last first, without those that failed.',
        querystring: listed,
        response: { 200: z.object({ photos: z.array(photoJson), next: z.string().nullable() }) },
      },
    },
    async (request) => {
      const who = principalOf(request)
      const { limit, after, album } = request.query
      const within =
        album === undefined
          ? { owner: who.account }
          : { album: albumGuard.take('see', who, await albums(db).find(album, who.account)) }
      const found = await archive.list(within, limit + 1, after)
      const { shown, next } = pageOf(found, limit, ({ shown_at }) => shown_at)
      return { photos: await asJson(parts, photoGuard.takeAll('see', who, shown), who), next }
    },
  )

  web.get(
    '/api/photos/:id',
    {
      config: { access },
      schema: { summary: 'Shows a photo.', params, response: { 200: photoJson, 304: z.undefined() } },
    },
    async (request, reply) => {
      const who = principalOf(request)
      const found = photoGuard.take('see', who, await archive.find(request.params.id, who.account))
      const photo = await oneAsJson(parts, found, who)
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
    {
      config: { access },
      schema: { summary: 'Edits title and caption (RFC 7396).', params, body: edit, response: { 200: photoJson } },
    },
    (request, reply) =>
      db.transaction(async () => {
        const who = principalOf(request)
        const { id } = request.params
        const seen = photoGuard.take('see', who, await archive.findToEdit(id, who.account))
        const photo = photoGuard.take('edit', who, seen)
        requireIfMatch(request, etagOfPhoto(await oneAsJson(parts, photo, who)))
        await archive.edit(photo, request.body)
        const found = photoGuard.take('see', who, await archive.find(id, who.account))
        const edited = await oneAsJson(parts, found, who)
        reply.header('etag', etagOfPhoto(edited))
        return edited
      }),
  )

  web.delete(
    '/api/photos/:id',
    { config: { access }, schema: { summary: 'Deletes a photo. It can be restored for 30 days.', params } },
    async (request, reply) => {
      const who = principalOf(request)
      const { id } = request.params
      const photo = photoGuard.take('remove', who, await archive.find(id, who.account))
      if (!(await archive.remove(photo, new Date(clock.now())))) unknownPhoto()
      return reply.code(204).send()
    },
  )

  web.post(
    '/api/photos/:id/restore',
    {
      config: { access },
      schema: { summary: 'Brings a deleted photo back.', params, response: { 200: photoJson } },
    },
    async (request, reply) => {
      const who = principalOf(request)
      const { id } = request.params
      const seen = (await archive.find(id, who.account)) ?? (await archive.findEvenDeleted(id))
      await archive.restore(photoGuard.take('restore', who, seen))
      const photo = await oneAsJson(parts, photoGuard.take('see', who, await archive.find(id)), who)
      reply.header('etag', etagOfPhoto(photo))
      return photo
    },
  )
}

/** Says of a photo what the guard says of one that is not there. */
export function unknownPhoto(): never {
  photoGuard.take('see', undefined, undefined)
  throw new Error('the guard lets nobody see what is not there')
}
