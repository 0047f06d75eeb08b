/** How long a request may take: its body first, then the answer. Uploads and event streams have bounds of their own. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock, Timer } from '../kernel/clock.ts'
import type { MillraceError } from '../kernel/errors.ts'
import { webErrors } from './errors.ts'
import type { WebLimits } from './limits.ts'

const timers = new WeakMap<object, Timer>()

/** Gives every request of the application a deadline. */
export function keepDeadlines(app: FastifyInstance, clock: Clock, limits: WebLimits): void {
  const { bodyMs, requestMs } = limits
  app.addHook('onRequest', (request, reply, done) => {
    // a route that hands over to the not-found handler passes here again
    if (timers.has(request.raw)) return done()
    const arm = (ms: number, run: () => void): void => {
      timers.set(request.raw, clock.after(ms, run))
    }
    const answerLate = (): void => expire(reply, webErrors.MILLRACE_WEB_TIMEOUT({ ms: requestMs }))
    const bodyLate = (): void => {
      if (!request.raw.complete && !isUpload(request)) expire(reply, webErrors.MILLRACE_WEB_BODY_LATE({ ms: bodyMs }))
      else arm(requestMs - bodyMs, answerLate)
    }
    if (hasBody(request)) arm(bodyMs, bodyLate)
    else arm(requestMs, answerLate)
    reply.raw.once('close', () => withoutDeadline(request))
    done()
  })
}

/** Takes the deadline off a request that has other bounds. */
export function withoutDeadline(request: FastifyRequest): void {
  timers.get(request.raw)?.cancel()
}

/** True when the request announces a body. Its `complete` flag is not yet set when a handler begins. */
export function hasBody(request: FastifyRequest): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  return encoding !== undefined || length !== '0'
}

function isUpload(request: FastifyRequest): boolean {
  return request.headers['content-type']?.startsWith('multipart/') === true
}

function expire(reply: FastifyReply, error: MillraceError): void {
  // an answer that has begun is not ours to cut: a reader that stalls is caught by the connection's idle time
  if (!reply.sent && !reply.raw.headersSent) reply.send(error)
}
