/** What is answered where there is no route: 405 when the path exists for other methods, else a page, else 404. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasBody } from './deadlines.ts'
import { webErrors } from './errors.ts'
import { problemOf } from './problems.ts'

/** Something that may answer what no route does (the pages of an application). Answers undefined when it will not. */
export type Fallback = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined

/** What is answered here has passed all hooks twice, each with its listeners; Node takes more than 10 for a leak. */
const LISTENERS_MAX = 20

const FALLBACKS = Symbol('millrace.fallbacks')

/** To be called before any route is registered. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const routes: { readonly method: string; readonly segments: readonly string[] }[] = []
  const fallbacks: Fallback[] = []
  app.decorate(FALLBACKS, fallbacks)
  app.addHook('onRoute', ({ method, url }) => {
    if (url === '*' || url === '/*') return // pages are everywhere, and say nothing about methods
    for (const name of [method].flat()) routes.push({ method: name, segments: url.split('/') })
  })
  // nobody waits for the body of a request that leads nowhere
  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404 || !hasBody(request)) return done()
    answer(request, reply)
  })
  app.setNotFoundHandler(answer)

  function answer(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    reply.raw.setMaxListeners(LISTENERS_MAX)
    const path = request.url.split('?', 1)[0] ?? ''
    const segments = path.split('/')
    const methods = new Set(routes.filter((route) => fits(route.segments, segments)).map((route) => route.method))
    if (methods.size > 0 && !methods.has(request.method)) return refuseMethod(request, reply, [...methods].sort())
    for (const fallback of fallbacks) {
      const answer = fallback(request, reply)
      if (answer !== undefined) return answer
    }
    return reply.send(webErrors.MILLRACE_WEB_ROUTE_UNKNOWN({ path }))
  }
}

/** Adds something that may answer what no route does. */
export function addFallback(app: FastifyInstance, fallback: Fallback): void {
  app.getDecorator<Fallback[]>(FALLBACKS).push(fallback)
}

function refuseMethod(request: FastifyRequest, reply: FastifyReply, allowed: readonly string[]): FastifyReply {
  const allow = allowed.join(', ')
  if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send()
  return reply.send(
    problemOf(webErrors.MILLRACE_WEB_METHOD_WRONG({ method: request.method, allowed }), { headers: { allow } }),
  )
}

/** Whether a path could be meant by a route's pattern. Only used to choose between 404 and 405. */
function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*'
  if (isOpen ? path.length < pattern.length : path.length !== pattern.length) return false
  return pattern.every((part, n) => part === '*' || part.includes(':') || part === path[n])
}
