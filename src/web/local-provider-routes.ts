/** `/identity/local/…`: the provider of development, with its one page: who do you want to be? */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { anyone } from '../contract/access.ts'
import { identityErrors } from '../identity/errors.ts'
import { type LocalProvider, QUESTION_PATH, type Question } from '../identity/local/local-provider.ts'
import { page } from '../identity/local/page.ts'
import { CONTENT_SECURITY_POLICY } from './headers.ts'
import { escapeHtml } from './message-page.ts'

/** Where it stands, under the origin. */
export const LOCAL_PATH = '/identity/local'
const METHODS = ['GET', 'POST', 'OPTIONS', 'DELETE'] as const

export function localProviderRoutes(app: FastifyInstance, open: () => Promise<LocalProvider>): void {
  app.register(async (scope) => {
    // the provider reads its bodies itself
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))

    scope.route({
      method: [...METHODS],
      url: `${LOCAL_PATH}/*`,
      config: { access: anyone },
      schema: { hide: true },
      handler: async (request, reply) => {
        const local = await open()
        reply.hijack()
        // what is there already it extends by the hash of its own scripts
        reply.raw.setHeader('content-security-policy', CONTENT_SECURITY_POLICY)
        const raw = Object.assign(request.raw, { originalUrl: request.raw.url })
        raw.url = (raw.url ?? '').slice(LOCAL_PATH.length)
        await local.handle(raw, reply.raw)
        return reply
      },
    })
  })

  app.register(async (scope) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, new URLSearchParams(String(body))),
    )
    const url = `${LOCAL_PATH}${QUESTION_PATH}:uid`
    const options = { config: { access: anyone }, schema: { hide: true } }
    scope.get(url, { ...options, exposeHeadRoute: false }, async (request, reply) =>
      sendQuestion(reply, await (await open()).question(request.raw, reply.raw)),
    )
    scope.post(url, options, async (request, reply) => {
      const local = await open()
      const user = request.body instanceof URLSearchParams ? (request.body.get('user') ?? '') : ''
      if ((await local.question(request.raw, reply.raw)) === undefined) return sendQuestion(reply, undefined)
      return reply.redirect(await local.letIn(request.raw, reply.raw, user), 303)
    })
  })
}

function sendQuestion(reply: FastifyReply, question: Question | undefined): FastifyReply {
  if (question === undefined)
    throw identityErrors.MILLRACE_IDENTITY_LOGIN_REFUSED({ why: 'it is over, or was begun in another browser' })
  return reply.type('text/html; charset=utf-8').send(questionPage(question))
}

function questionPage({ uid, users }: Question): string {
  const buttons = users.map(
    ({ id, name, email = '', roles = [] }) =>
      `<button name="user" value="${escapeHtml(id)}"><strong>${escapeHtml(name)}</strong> <span>${escapeHtml(
        [email, ...roles].filter((part) => part !== '').join(' · '),
      )}</span></button>`,
  )
  return page(
    'Log in: development',
    `<h1>Who do you want to be?</h1>
<form method="post" action="${LOCAL_PATH}${QUESTION_PATH}${escapeHtml(uid)}">
${buttons.join('\n')}
</form>`,
  )
}
