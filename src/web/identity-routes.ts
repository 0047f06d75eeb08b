/**
 * `/identity/…`: logging in and out, who one is, and the sessions that one has. The pages that people see while they log in
 * are the provider's.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { anyone, type Principal, signedIn } from '../contract/access.ts'
import { LOGIN_LIFE_MS } from '../identity/logins.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { isUuid } from '../kernel/ids.ts'
import { LIFE_MS, type Session } from '../session/session.ts'
import { principalOf, whoIs } from './access.ts'
import { documented } from './documented.ts'
import { webErrors } from './errors.ts'
import type { WebLimits } from './limits.ts'
import { messagePage, pageStyle } from './message-page.ts'
import { asProblem } from './problems.ts'
import type { ClientRate } from './rates.ts'
import { returnPath } from './return-path.ts'
import { readCookie, setCookie } from './session-cookie.ts'
import type { WebIdentity } from './web-identity.ts'

interface Me extends Principal {
  /** Of the browser that asks; null for a bearer token. */
  readonly session: string | null
}

interface SessionView {
  readonly id: string
  readonly agent: string
  readonly begunAt: string
  readonly seenAt: string
  readonly endsAt: string
  /** Whether it is the one that asks. */
  readonly isThis: boolean
}

const text = { type: 'string' }
const texts = { type: 'array', items: text }
const meSchema = documented<Me>({
  type: 'object',
  required: ['account', 'name', 'email', 'roles', 'claims', 'session'],
  properties: {
    account: { ...text, format: 'uuid' },
    name: text,
    email: { type: ['string', 'null'] },
    roles: texts,
    claims: { type: 'object', additionalProperties: { anyOf: [text, texts] } },
    scopes: {
      ...texts,
      description: 'What a bearer token was given for; absent with a session, which is not bounded.',
    },
    session: { type: ['string', 'null'], format: 'uuid' },
  },
})
const sessionSchema = {
  type: 'object',
  required: ['id', 'agent', 'begunAt', 'seenAt', 'endsAt', 'isThis'],
  properties: {
    id: { ...text, format: 'uuid' },
    agent: text,
    begunAt: { ...text, format: 'date-time' },
    seenAt: { ...text, format: 'date-time' },
    endsAt: { ...text, format: 'date-time' },
    isThis: { type: 'boolean' },
  },
}
const sessionsSchema = documented<{ readonly sessions: readonly SessionView[] }>({
  type: 'object',
  required: ['sessions'],
  properties: { sessions: { type: 'array', items: sessionSchema } },
})
const endedSchema = documented<{ readonly ended: number }>({
  type: 'object',
  required: ['ended'],
  properties: { ended: { type: 'integer' } },
})
const nextSchema = documented<{ readonly next: string }>({
  type: 'object',
  required: ['next'],
  properties: { next: { ...text, description: 'Where the browser is to go: the provider may have to log out too.' } },
})
const tags = ['identity']

export function identityRoutes(app: FastifyInstance, web: WebIdentity, { loginCountMax, loginsMs }: WebLimits): void {
  const rate = (name: string): ClientRate => ({ name, count: loginCountMax, perMs: loginsMs })
  const { identity, origin, cookies } = web
  const { isSecure } = cookies
  pageStyle(app)

  app.get<{ Querystring: { return?: unknown; sent?: unknown } }>(
    '/identity/login',
    {
      exposeHeadRoute: false,
      config: { access: anyone, rate: rate('login') },
      schema: { tags, operationId: 'login', summary: 'Begins a login: the browser is sent to the identity provider' },
    },
    async (request, reply) => {
      const wanted = request.query.return
      const returnTo = returnPath(typeof wanted === 'string' ? wanted : undefined, origin)
      // the answer of the provider comes to the origin, so the cookie must be set there
      const { host = '' } = request.headers
      if (host !== new URL(origin).host) {
        // sent there already: behind a proxy that puts its own name into Host, it would be sent for ever
        if (request.query.sent !== undefined)
          return sendMessage(request, reply, webErrors.MILLRACE_WEB_HOST_CHANGED({ origin, host }))
        return reply.redirect(`${origin}/identity/login?return=${encodeURIComponent(returnTo)}&sent=1`, 303)
      }
      const { url, browser } = await identity.beginLogin(returnTo, readCookie(request, cookies.login))
      setCookie(reply, cookies.login, browser, { isSecure, maxAgeS: LOGIN_LIFE_MS / 1_000 })
      return reply.redirect(url.href, 303)
    },
  )

  app.get(
    '/identity/callback',
    {
      exposeHeadRoute: false,
      config: { access: anyone, rate: rate('login end') },
      schema: { tags, operationId: 'finishLogin', summary: 'Where the identity provider sends the browser back to' },
    },
    async (request, reply) => {
      try {
        const { token, returnTo } = await identity.finishLogin(new URL(request.url, origin), {
          browser: readCookie(request, cookies.login),
          agent: String(request.headers['user-agent'] ?? ''),
          replaces: readCookie(request, cookies.session),
        })
        setCookie(reply, cookies.session, token, { isSecure, maxAgeS: LIFE_MS / 1_000 })
        // checked when the login began, and once more: between the two it lay in the database
        return reply.redirect(returnPath(returnTo, origin), 303)
      } catch (thrown) {
        return sendMessage(request, reply, thrown)
      }
    },
  )

  app.post(
    '/identity/logout',
    {
      config: { access: anyone },
      schema: { tags, operationId: 'logout', summary: 'Ends the session that asks', response: { 200: nextSchema } },
    },
    async (request, reply) => {
      const token = readCookie(request, cookies.session)
      const url = token === undefined ? undefined : await identity.logout(token)
      setCookie(reply, cookies.session, '', { isSecure, maxAgeS: 0 })
      return reply.send({ next: url?.href ?? '/' })
    },
  )

  app.get(
    '/identity/me',
    {
      config: { access: signedIn },
      schema: { tags, operationId: 'getMe', summary: 'Who asks', response: { 200: meSchema } },
    },
    async (request) => {
      const known = await whoIs(request)
      return { ...principalOf(request), session: known?.session?.id ?? null }
    },
  )

  app.get(
    '/identity/sessions',
    {
      config: { access: signedIn },
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'Where one is logged in',
        response: { 200: sessionsSchema },
      },
    },
    async (request) => {
      const own = (await whoIs(request))?.session?.id
      const sessions = await identity.sessions.list(principalOf(request).account)
      return { sessions: sessions.map((session) => viewOf(session, own)) }
    },
  )

  app.delete<{ Params: { id: string } }>(
    '/identity/sessions/:id',
    {
      config: { access: signedIn },
      schema: {
        tags,
        operationId: 'endSession',
        summary: 'Ends one of the sessions that one has',
        params: documented({ type: 'object', required: ['id'], properties: { id: { ...text, format: 'uuid' } } }),
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { account } = principalOf(request)
      const ended = isUuid(id) ? await identity.sessions.endOf(account, { only: id }) : 0
      if (ended === 0) throw webErrors.MILLRACE_WEB_SESSION_UNKNOWN({ id })
      request.log.info({ account, session: id }, 'somebody has ended a session of theirs')
      return reply.code(204).send()
    },
  )

  app.delete(
    '/identity/sessions',
    {
      config: { access: signedIn },
      schema: {
        tags,
        operationId: 'endOtherSessions',
        summary: 'Ends all sessions that one has, but the one that asks',
        response: { 200: endedSchema },
      },
    },
    async (request) => {
      const own = (await whoIs(request))?.session?.id
      const which = own === undefined ? ('all' as const) : { allBut: own }
      const { account } = principalOf(request)
      await identity.accounts.signOut(account, own)
      const ended = await identity.sessions.endOf(account, which)
      request.log.info({ account, ended }, 'somebody has logged out everywhere else')
      return { ended }
    },
  )

  app.register(async (scope) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    )
    scope.post(
      '/identity/backchannel-logout',
      {
        config: { access: anyone },
        schema: {
          tags,
          operationId: 'backchannelLogout',
          summary: 'The identity provider says that somebody has logged out',
        },
      },
      async (request, reply) => {
        const { body } = request
        const given = body instanceof URLSearchParams ? body.getAll('logout_token') : []
        await identity.providerLogout(given.length === 1 ? (given[0] ?? '') : '')
        return reply.code(200).send()
      },
    )
  })
}

function viewOf({ id, agent, begunAt, seenAt, endsAt }: Session, own: string | undefined): SessionView {
  return {
    id,
    agent,
    begunAt: begunAt.toISOString(),
    seenAt: seenAt.toISOString(),
    endsAt: endsAt.toISOString(),
    isThis: id === own,
  }
}

/** What went wrong with a login, for the person before whom it went wrong. */
function sendMessage(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = asError(thrown)
  const isPerson = request.headers.accept?.includes('text/html') === true
  if (!isPerson || !isMillraceError(error)) throw error
  const { status, headers = {} } = asProblem(error).options
  request.log.warn({ why: error.message, code: error.code }, 'a login did not succeed')
  return reply
    .code(status)
    .headers(headers)
    .type('text/html; charset=utf-8')
    .send(messagePage({ title: 'You are not logged in', words: error.message, remedy: error.remedy, code: error.code }))
}
