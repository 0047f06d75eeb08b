/**
 * How long a request may take: its body first, then the answer. Uploads and event streams have bounds of their own. One
 * timer looks at all requests: a timer and a listener for each would cost more than routing it.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock, Timer } from '../kernel/clock.ts'
import type { MillraceError } from '../kernel/errors.ts'
import { webErrors } from './errors.ts'
import type { WebLimits } from './limits.ts'

/** How exactly deadlines are kept. */
export const DEADLINE_CHECK_MS = 100

interface Deadline {
  /** Until then the body has come, where there is one; undefined once that was seen to. */
  bodyBy: number | undefined
  readonly answerBy: number
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

const DEADLINES = Symbol('millrace.deadlines')

/** Gives every request of the application a deadline. */
export function keepDeadlines(app: FastifyInstance, deadlines: Deadlines): void {
  app.decorate(DEADLINES, deadlines)
  app.addHook('onRequest', (request, reply, done) => {
    deadlines.begin(request, reply)
    done()
  })
}

/** Takes the deadline off a request that has other bounds. */
export function withoutDeadline(request: FastifyRequest): void {
  request.server.getDecorator<Deadlines>(DEADLINES).end(request.raw)
}

export class Deadlines {
  readonly #clock: Clock
  readonly #limits: WebLimits
  /** By the request on the wire. */
  readonly #open = new Map<IncomingMessage, Deadline>()
  #timer: Timer | undefined

  constructor(clock: Clock, limits: WebLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  begin(request: FastifyRequest, reply: FastifyReply): void {
    const { bodyMs, requestMs } = this.#limits
    // a route that hands over to the not-found handler passes here again
    if (this.#open.has(request.raw)) return
    const now = this.#clock.monotonic()
    this.#open.set(request.raw, {
      bodyBy: hasBody(request) ? now + bodyMs : undefined,
      answerBy: now + requestMs,
      request,
      reply,
    })
    this.#watch()
  }

  /** The request was answered, or its connection is gone. */
  end(request: IncomingMessage): void {
    this.#open.delete(request)
  }

  close(): void {
    this.#timer?.cancel()
  }

  #watch(): void {
    this.#timer ??= this.#clock.after(DEADLINE_CHECK_MS, () => {
      this.#timer = undefined
      const now = this.#clock.monotonic()
      for (const [raw, deadline] of this.#open) if (this.#isOver(deadline, now)) this.#open.delete(raw)
      if (this.#open.size > 0) this.#watch()
    })
  }

  /** True when there is nothing more to wait for. Answers those that are late. */
  #isOver(deadline: Deadline, now: number): boolean {
    const { request, reply, answerBy, bodyBy } = deadline
    const { bodyMs, requestMs } = this.#limits
    if (bodyBy !== undefined && now >= bodyBy) {
      deadline.bodyBy = undefined
      if (!request.raw.complete && !isUpload(request)) {
        expire(reply, webErrors.MILLRACE_WEB_BODY_LATE({ ms: bodyMs }))
        return true
      }
    }
    if (now < answerBy) return false
    expire(reply, webErrors.MILLRACE_WEB_TIMEOUT({ ms: requestMs }))
    return true
  }
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
