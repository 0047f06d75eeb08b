/**
 * Who may use a route. Each says so in its `config.access`, and one that does not is refused when the application starts: a
 * forgotten rule is a mistake of the author, not a hole. Who asks is found out before the body is read.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Access, accessInWords, allows, type Principal } from '../contract/access.ts'
import { checkNames } from '../identity/declared-names.ts'
import { identityErrors } from '../identity/errors.ts'
import type { Known } from '../identity/identity.ts'
import type { Actors } from '../queue/actors.ts'
import { webErrors } from './errors.ts'
import { problemOf } from './problems.ts'
import type { CookieNames } from './session-cookie.ts'
import { readCookie } from './session-cookie.ts'
import type { WebIdentity } from './web-identity.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may use the route. */
    access?: Access
  }
  interface FastifyRequest {
    /** Who asks. Undefined: nobody has logged in, or the route lets anyone in and has not asked (`whoIs`). */
    principal: Principal | undefined
  }
}

/** A route, and who may use it. */
export interface RouteAccess {
  readonly method: string
  readonly url: string
  readonly access: Access
}

/** Who may use routes that say nothing, while the plugin of a `withAccess` is loaded. */
interface Lent {
  readonly access: Access
}

const KNOWN = Symbol('millrace.known')
const LOOK = Symbol('millrace.look')
const ROUTES = Symbol('millrace.routes')
const LENT = Symbol('millrace.lent')

type WithKnown = FastifyRequest & { [KNOWN]?: Promise<Known | undefined> }

/** Holds every route that is registered from now on to its access. */
export function holdToAccess(
  app: FastifyInstance,
  parts: { readonly identity: WebIdentity; readonly actors: Actors },
): void {
  const { identity, actors } = parts
  const routes: RouteAccess[] = []
  const lent = new Set<Lent>()
  app.decorateRequest('principal', undefined)
  app.decorate(LOOK, (request: FastifyRequest) => look(request, identity))
  app.decorate(ROUTES, routes)
  app.decorate(LENT, lent)
  app.addHook('onRoute', (route) => {
    const where = `${[route.method].flat().join(',')} ${route.url}`
    const access = route.config?.access ?? [...lent].at(-1)?.access
    if (access === undefined) throw webErrors.MILLRACE_WEB_ACCESS_UNDECLARED({ route: where })
    checkNames(where, access, identity)
    route.config = { ...route.config, access }
    for (const method of [route.method].flat()) routes.push({ method, url: route.url, access })
  })
  app.addHook('onRequest', (request, reply, done) => {
    const { access } = request.routeOptions.config
    // what no route answers is answered 404, to anyone
    if (access === undefined || access.kind === 'anyone') return done()
    whoIs(request).then(
      (known) => {
        if (known === undefined && isVisit(request)) void reply.redirect(loginPath(request), 303)
        else done(refusalOf(request, access, known))
      },
      (error: Error) => done(error),
    )
  })
  // after the body was read: reading it may end in another context
  app.addHook('preValidation', (request, _reply, done) => actors.run(request, done))
}

/**
 * Registers a plugin of somebody else, whose routes say nothing of access: what `register` registers before it waits for
 * anything. No other plugin gets this access, whenever it was registered.
 *
 * Fastify loads plugins one by one, in the order in which they were registered, and awaiting one loads all that wait before
 * it. So the access is given and taken away by two more in that same row, right before and right after this one.
 *
 * @example await withAccess(web, role('operator'), () => web.register(swaggerUi))
 */
export async function withAccess(
  app: WithPlugins,
  access: Access,
  register: () => PromiseLike<unknown>,
): Promise<void> {
  const lent = app.hasDecorator(LENT) ? app.getDecorator<Set<Lent>>(LENT) : new Set<Lent>()
  const own: Lent = { access }
  app.register(async () => void lent.add(own))
  let registered: PromiseLike<unknown>
  try {
    registered = register()
  } finally {
    app.register(async () => void lent.delete(own))
  }
  try {
    await registered
  } catch (thrown) {
    lent.delete(own) // after a plugin that fails, Fastify leaves out what was to be loaded next
    throw thrown
  }
}

interface WithPlugins {
  getDecorator<T>(name: symbol): T
  hasDecorator(name: symbol): boolean
  register(plugin: () => Promise<void>): unknown
}

/** Every route and who may use it, in the order of their paths: what a test compares with what is meant. */
export function routesOf(app: FastifyInstance): readonly RouteAccess[] {
  const key = ({ url, method }: RouteAccess): string => `${url} ${method}`
  return app.getDecorator<readonly RouteAccess[]>(ROUTES).toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

/**
 * Who asks, for routes that let anyone in and answer differently to those whom they know. Undefined: nobody who is known.
 *
 * @throws MILLRACE_IDENTITY_TOKEN_INVALID, MILLRACE_IDENTITY_ACCOUNT_DISABLED, and what the stores say when they are away.
 */
export function whoIs(request: FastifyRequest): Promise<Known | undefined> {
  const asked = request as WithKnown
  asked[KNOWN] ??= request.server.getDecorator<(asked: FastifyRequest) => Promise<Known | undefined>>(LOOK)(request)
  return asked[KNOWN]
}

/** As `whoIs`, by what is known now: for requests that go on for long. */
export function lookAgain(request: FastifyRequest): Promise<Known | undefined> {
  delete (request as WithKnown)[KNOWN]
  return whoIs(request)
}

/** Who asks, on a route that only lets in who has logged in. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === undefined) throw webErrors.MILLRACE_WEB_LOGIN_NEEDED({})
  return request.principal
}

async function look(request: FastifyRequest, { identity, cookies }: WebIdentity): Promise<Known | undefined> {
  const known = await lookUp(request, identity, cookies)
  request.principal = known?.principal
  return known
}

async function lookUp(
  request: FastifyRequest,
  identity: WebIdentity['identity'],
  cookies: CookieNames,
): Promise<Known | undefined> {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const token = /^Bearer ([\w\-.~+/]{1,8000}=*)$/i.exec(authorization)?.[1]
    if (token === undefined)
      throw identityErrors.MILLRACE_IDENTITY_TOKEN_INVALID({ why: 'Authorization is no `Bearer …`' })
    return identity.byBearer(token)
  }
  const token = readCookie(request, cookies.session)
  if (token === undefined) return undefined
  const known = await identity.bySession(token)
  // most are of yesterday; many from one address are somebody who guesses
  if (known === undefined) request.log.info({ ip: request.ip }, 'a session that is over, or never was')
  return known
}

function refusalOf(request: FastifyRequest, access: Access, known: Known | undefined): Error | undefined {
  if (allows(access, known?.principal)) return undefined
  if (known !== undefined) return webErrors.MILLRACE_WEB_ACCESS_DENIED({ needs: accessInWords(access) })
  return problemOf(webErrors.MILLRACE_WEB_LOGIN_NEEDED({}), {
    headers: { 'www-authenticate': 'Bearer realm="application"', 'x-login': loginPath(request) },
  })
}

/** Whether a person goes to a page: what a script asks for is answered by a problem. */
function isVisit({ method, headers }: FastifyRequest): boolean {
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers.accept?.includes('text/html') === true
  return isNavigation && method === 'GET'
}

/** Where a browser begins a login that brings it back to where it is. */
export function loginPath(request: FastifyRequest): string {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return isRead ? `/identity/login?return=${encodeURIComponent(request.url)}` : '/identity/login'
}
