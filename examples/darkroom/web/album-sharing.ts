/** With whom an album is shared: its members, and whoever has one of its links. */
import { randomUUID } from 'node:crypto'
import { type Principal, signedIn } from 'millrace'
import { type FrontRuntime, type Problem, principalOf, problem, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { DAY_MS, LINK_DAYS, LINK_DAYS_MAX, LINKS_MAX, MEMBERS_MAX } from '../contract/limits.ts'
import { albumGuard, MEMBER_ROLES } from '../contract/rules.ts'
import { albums } from '../data/albums.ts'
import { links } from '../data/links.ts'
import { asMember, memberJson } from './album-json.ts'
import { params, uuid } from './ids.ts'

const EMAIL_CHARS_MAX = 254
const role = z.enum(MEMBER_ROLES)
const memberParams = params.extend({ account: uuid })

export function albumSharingRoutes(web: WebInstance, { db, clock, people }: FrontRuntime): void {
  const [all, tokens] = [albums(db), links(db)]
  const access = signedIn
  const now = () => new Date(clock.now())
  const toShare = async (id: string, who: Principal) =>
    albumGuard.take('share', who, await all.findToEdit(id, who.account))

  web.post(
    '/api/albums/:id/members',
    {
      config: { access },
      schema: {
        summary: 'Shares an album with somebody; who is a member already keeps the higher role.',
        params,
        body: z.strictObject({ email: z.string().trim().min(1).max(EMAIL_CHARS_MAX), role }),
        response: { 201: memberJson },
      },
    },
    async (request, reply) => {
      const { email, role } = request.body
      const member = await db.transaction(async () => {
        const who = principalOf(request)
        const album = await toShare(request.params.id, who)
        const [person, other] = email.includes('\0') ? [] : await people.findByEmail(email)
        if (person === undefined) throw unknownPerson()
        if (other !== undefined) throw severalPeople()
        if (person.account === album.owner) throw ownerAlready()
        if ((await all.listMembers(album)).length >= MEMBERS_MAX) throw full('members', MEMBERS_MAX)
        const { account, name } = person
        return { account, name, role: await all.putMember(album, { account, name, role }, now()) }
      })
      return reply.code(201).send(await asMember(people, member))
    },
  )

  web.patch(
    '/api/albums/:id/members/:account',
    {
      config: { access },
      schema: {
        summary: 'Gives a member another role.',
        params: memberParams,
        body: z.strictObject({ role }),
        response: { 200: memberJson },
      },
    },
    (request) =>
      db.transaction(async () => {
        const album = await toShare(request.params.id, principalOf(request))
        const member = await all.setRole(album, request.params.account, request.body.role)
        if (member === undefined) throw unknownMember()
        return asMember(people, member)
      }),
  )

  web.delete(
    '/api/albums/:id/members/:account',
    {
      config: { access },
      schema: {
        summary: 'Removes a member, and their photos from the album. Members may remove themselves.',
        params: memberParams,
      },
    },
    async (request, reply) => {
      const who = principalOf(request)
      const { id, account } = request.params
      const isGone = await db.transaction(async () => {
        const album = await all.findToEdit(id, who.account)
        return account === who.account
          ? all.leave(albumGuard.take('see', who, album), account)
          : all.removeMember(albumGuard.take('share', who, album), account)
      })
      if (!isGone) throw unknownMember()
      return reply.code(204).send()
    },
  )

  web.post(
    '/api/albums/:id/links',
    {
      config: { access },
      schema: {
        summary: 'Makes a link that shows an album to whoever has it. It is told this once.',
        params,
        body: z.strictObject({ days: z.int().min(1).max(LINK_DAYS_MAX).default(LINK_DAYS) }),
        response: { 201: z.object({ id: z.uuid(), url: z.string(), expiresAt: z.string() }) },
      },
    },
    async (request, reply) => {
      const link = await db.transaction(async () => {
        const album = await toShare(request.params.id, principalOf(request))
        const createdAt = now()
        if ((await tokens.list(album, createdAt)).length >= LINKS_MAX) throw full('links', LINKS_MAX)
        const id = randomUUID()
        const expiresAt = new Date(createdAt.getTime() + request.body.days * DAY_MS)
        const token = await tokens.add(album, { id, createdAt, expiresAt })
        return { id, url: `/shared/${token}`, expiresAt: expiresAt.toISOString() }
      })
      return reply.code(201).header('cache-control', 'no-store').send(link)
    },
  )

  web.delete(
    '/api/albums/:id/links/:linkId',
    {
      config: { access },
      schema: { summary: 'Revokes a link, at once.', params: params.extend({ linkId: uuid }) },
    },
    async (request, reply) => {
      const who = principalOf(request)
      const album = albumGuard.take('share', who, await all.find(request.params.id, who.account))
      if (!(await tokens.revoke(album, request.params.linkId, now()))) throw unknownLink()
      return reply.code(204).send()
    },
  )
}

function unknownPerson(): Problem {
  return problem({
    status: 404,
    code: 'DARKROOM_PERSON_UNKNOWN',
    detail: 'Nobody here has this e-mail address.',
    remedy: 'They must have logged in once. For everybody else there are links.',
  })
}

/** Which of them is meant nobody knows, and the other should not see it. */
function severalPeople(): Problem {
  const detail = 'Several people here have this e-mail address.'
  return problem({ status: 409, code: 'DARKROOM_PERSON_AMBIGUOUS', detail, remedy: 'Share the album by a link.' })
}

function ownerAlready(): Problem {
  return problem({ status: 409, code: 'DARKROOM_MEMBER_IS_OWNER', detail: 'The album is yours already.' })
}

function unknownMember(): Problem {
  return problem({ status: 404, code: 'DARKROOM_MEMBER_UNKNOWN', detail: 'The album has no such member.' })
}

function unknownLink(): Problem {
  return problem({ status: 404, code: 'DARKROOM_LINK_UNKNOWN', detail: 'The album has no such link.' })
}

function full(what: string, countMax: number): Problem {
  const detail = `The album has ${countMax} ${what}, which is the most.`
  return problem({ status: 409, code: 'DARKROOM_ALBUM_FULL', detail })
}
