/** Albums: listed, made, renamed and deleted. */
import { randomUUID } from 'node:crypto'
import { type Granted, type Principal, signedIn } from 'millrace'
import { type FrontRuntime, type Problem, principalOf, problem, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { ALBUMS_MAX, TITLE_CHARS_MAX } from '../contract/limits.ts'
import { albumGuard } from '../contract/rules.ts'
import { type Album, albums } from '../data/albums.ts'
import { albumJson, asJson, sharingOf, wholeAlbumJson } from './album-json.ts'
import { params } from './ids.ts'
import { namesOf } from './names.ts'

const title = z
  .string()
  .max(TITLE_CHARS_MAX)
  .refine((value) => !value.includes('\0'), 'must not contain the character U+0000')
  .transform((value) => value.toWellFormed().trim())
  .refine((value) => value !== '', 'must not be empty')
const body = z.strictObject({ title })

export function albumRoutes(web: WebInstance, { db, clock, people }: FrontRuntime): void {
  const all = albums(db)
  const access = signedIn
  const whole = async (album: Granted<Album, 'see'>, who: Principal) => ({
    ...(await asJson(album, who, namesOf(people))),
    ...(await sharingOf({ db, people }, album, who, new Date(clock.now()))),
  })

  web.get(
    '/api/albums',
    {
      config: { access },
      schema: {
        summary: 'Lists the albums that one owns or is a member of, the newest first.',
        response: { 200: z.object({ albums: z.array(albumJson) }) },
      },
    },
    async (request) => {
      const who = principalOf(request)
      const nameOf = namesOf(people)
      const found = albumGuard.takeAll('see', who, await all.listOf(who.account))
      return { albums: await Promise.all(found.map((album) => asJson(album, who, nameOf))) }
    },
  )

  web.post(
    '/api/albums',
    { config: { access }, schema: { summary: 'Makes an album.', body, response: { 201: wholeAlbumJson } } },
    async (request, reply) => {
      const who = principalOf(request)
      const id = randomUUID()
      const made = { id, owner: who.account, title: request.body.title, createdAt: new Date(clock.now()) }
      if (!(await all.add(made))) throw tooMany()
      const album = albumGuard.take('see', who, await all.find(id, who.account))
      return reply
        .code(201)
        .header('location', `/api/albums/${id}`)
        .send(await whole(album, who))
    },
  )

  web.get(
    '/api/albums/:id',
    {
      config: { access },
      schema: { summary: 'Shows an album.', params, response: { 200: wholeAlbumJson } },
    },
    async (request) => {
      const who = principalOf(request)
      return whole(albumGuard.take('see', who, await all.find(request.params.id, who.account)), who)
    },
  )

  web.patch(
    '/api/albums/:id',
    {
      config: { access },
      schema: { summary: 'Renames an album.', params, body, response: { 200: wholeAlbumJson } },
    },
    (request) =>
      db.transaction(async () => {
        const who = principalOf(request)
        const { id } = request.params
        await all.rename(albumGuard.take('edit', who, await all.findToEdit(id, who.account)), request.body.title)
        return whole(albumGuard.take('see', who, await all.find(id, who.account)), who)
      }),
  )

  web.delete(
    '/api/albums/:id',
    { config: { access }, schema: { summary: 'Deletes an album. Its photos stay.', params } },
    async (request, reply) => {
      const who = principalOf(request)
      await all.remove(albumGuard.take('remove', who, await all.find(request.params.id, who.account)))
      return reply.code(204).send()
    },
  )
}

function tooMany(): Problem {
  return problem({
    status: 409,
    code: 'DARKROOM_ALBUMS_FULL',
    detail: `You have ${ALBUMS_MAX} albums, which is the most.`,
    remedy: 'Delete one that is not needed any more: its photos stay.',
  })
}
