/** Answers that can be kept and given again, and `reply.accepted`. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { newSecret } from '../kernel/ids.ts'
import type { Job } from '../queue/job.ts'
import { policyWithNonce } from './headers.ts'
import { type AcceptedBody, acceptedBody } from './operation-view.ts'

/** An answer with a JSON body, as a value: what `idempotent` keeps. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** How a 202 is to be read. */
export interface AcceptedOptions {
  /** `scheduled` for a job that was submitted with a delay. Default: `queued`. */
  readonly status?: AcceptedBody['status']
}

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers 202 with the operation of a tracked job: Location, Retry-After and a body that says where to look.
     *
     * @throws MILLRACE_WEB_JOB_UNTRACKED
     * @example return reply.accepted(await submit(renderPhoto, { photoId }))
     */
    accepted(job: Job, options?: AcceptedOptions): FastifyReply
    /**
     * A fresh word for this answer alone: inline scripts and styles that carry it may run, no others ever do.
     *
     * @example return reply.type('text/html').send(`<script nonce="${reply.nonce()}">…</script>`)
     */
    nonce(): string
    /** Sends an answer that was made before, by `idempotent` for instance. */
    answer(answer: Answer): FastifyReply
  }
}

/** Seconds that a client waits before it asks for an operation. */
export const RETRY_AFTER_S = '1'

/**
 * The answer of `reply.accepted`, as a value.
 *
 * @throws MILLRACE_WEB_JOB_UNTRACKED
 */
export function acceptedAnswer(job: Job, options: AcceptedOptions = {}): Answer {
  const body = acceptedBody(job, options.status ?? 'queued')
  return { status: 202, headers: { location: body.links.self, 'retry-after': RETRY_AFTER_S }, body }
}

export function decorateReplies(app: FastifyInstance): void {
  const send = (reply: FastifyReply, answer: Answer): FastifyReply =>
    reply
      .code(answer.status)
      .headers(answer.headers ?? {})
      .send(answer.body)
  app.decorateReply('nonce', function (this: FastifyReply) {
    const nonce = newSecret()
    this.header('content-security-policy', policyWithNonce(nonce))
    return nonce
  } as FastifyReply['nonce'])
  app.decorateReply('answer', function (this: FastifyReply, answer: Answer) {
    return send(this, answer)
  } as FastifyReply['answer'])
  app.decorateReply('accepted', function (this: FastifyReply, job: Job, options?: AcceptedOptions) {
    return send(this, acceptedAnswer(job, options))
  } as FastifyReply['accepted'])
}
