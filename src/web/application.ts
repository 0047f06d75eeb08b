/** The Fastify application: Millrace's part first, then the user's routes. */
import cookie from '@fastify/cookie'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import type { OperationWatch } from '../queue/operation-watch.ts'
import { holdToAccess } from './access.ts'
import { decorateReplies } from './answers.ts'
import { refuseForeignPages } from './cross-site.ts'
import { hasBody, keepDeadlines } from './deadlines.ts'
import { webErrors } from './errors.ts'
import type { Front, FrontRuntime, WebInstance } from './front.ts'
import { healthRoutes } from './health.ts'
import { supportIdempotency } from './idempotency.ts'
import { readJson } from './json-bodies.ts'
import type { WebLimits } from './limits.ts'
import { describeRoutes } from './openapi.ts'
import { operationRoutes } from './operations.ts'
import type { WebParts } from './parts.ts'
import { problemPages } from './problem-pages.ts'
import { asProblem, instanceOf, type Problem, problemOf, sendProblem } from './problems.ts'
import { holdToRates } from './rates.ts'
import { refuseAmbiguous } from './strict-requests.ts'
import { answerUnknownRoutes } from './unknown-routes.ts'
import { supportUploads } from './uploads.ts'
import { checkBySchemas } from './validation.ts'
import type { WebIdentity } from './web-identity.ts'

export interface ApplicationParts extends WebParts {
  readonly front: Front
  readonly title?: string
  readonly origin?: string
}

/** Registers everything. The order matters: hooks that are to see all routes come before them. */
export async function buildApplication(
  app: FastifyInstance,
  parts: ApplicationParts,
  runtime: FrontRuntime,
  watch: OperationWatch,
): Promise<void> {
  const { front, title = 'Application', origin, release, limits, deadlines, db, identity, actors } = parts
  answerErrors(app, limits)
  answerUnknownRoutes(app)
  setCacheHeaders(app)
  refuseAmbiguous(app)
  keepDeadlines(app, deadlines)
  refuseForeignPages(app, origin)
  holdToRates(app, parts)
  if (identity !== undefined) {
    await app.register(cookie)
    holdToAccess(app, { identity, actors })
  }
  checkBySchemas(app)
  decorateReplies(app)
  supportIdempotency(app, db)
  readJson(app)
  // JSON sent as text/plain needs no preflight from a foreign page: it must not be taken for JSON, or for anything
  app.removeContentTypeParser('text/plain')
  await supportUploads(app, parts)
  await describeRoutes(app, {
    title,
    release,
    origin,
    ...(identity === undefined ? {} : { session: identity.cookies.session }),
  })
  problemPages(app)
  healthRoutes(app, parts)
  operationRoutes(app, parts, watch)
  if (identity !== undefined) {
    await registerIdentity(app, identity, limits)
  }
  await app.register(async (web) => {
    await front.build(web as unknown as WebInstance, runtime)
  })
}

/** Loaded where there are users. */
async function registerIdentity(app: FastifyInstance, identity: WebIdentity, limits: WebLimits): Promise<void> {
  const { identityRoutes } = await import('./identity-routes.ts')
  identityRoutes(app, identity, limits)
  if (identity.local === undefined) return
  const { localProviderRoutes } = await import('./local-provider-routes.ts')
  localProviderRoutes(app, identity.local)
}

function answerErrors(app: FastifyInstance, limits: WebLimits): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = fromFramework(error, request.headers['content-type'], limits) ?? asProblem(error)
    const sentence = `answered ${problem.status} ${problem.code}`
    const instance = instanceOf(request.id)
    if (problem.status === 500) request.log.error({ err: error, instance }, sentence)
    // something else is away: what and why says enough, and would say it for every request
    else if (problem.status > 500) request.log.warn({ why: error.message, instance }, sentence)
    else if (isRefusal(problem)) request.log.info({ ...whoAsked(request), why: error.message }, sentence)
    else request.log.debug({ err: error }, sentence)
    return sendProblem(reply, problem)
  })
}

/**
 * Somebody wanted what is not theirs, or to pass for somebody: an operator wants to know. Who has not said who they are was
 * not refused but asked.
 */
function isRefusal({ status, code }: Problem): boolean {
  const isOfIdentity = code.startsWith('MILLRACE_IDENTITY_')
  return code !== 'MILLRACE_WEB_LOGIN_NEEDED' && (status === 401 || status === 403 || isOfIdentity)
}

/** What was asked for goes without its query, which may hold what is secret. */
function whoAsked(request: FastifyRequest) {
  const { method, ip, principal, routeOptions } = request
  return { account: principal?.account, ip, method, route: routeOptions.url }
}

/** Refusals whose sentence needs facts that Fastify's errors do not have. */
function fromFramework(error: FastifyError, given: string | undefined, { bodyBytesMax }: WebLimits) {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return problemOf(webErrors.MILLRACE_WEB_BODY_TOO_LARGE({ bytesMax: bodyBytesMax }, error))
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return problemOf(webErrors.MILLRACE_WEB_MEDIA_TYPE({ given: given ?? '', wanted: '' }, error))
  return undefined
}

function setCacheHeaders(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control'))
      reply.header('cache-control', reply.hasHeader('etag') ? 'private, no-cache' : 'no-store')
    // closing with the rest of a body unread would reset the connection, and with it this answer: connections.ts lingers
    if (hasBody(request) && !request.raw.complete) reply.removeHeader('connection')
    done(null, payload)
  })
}
