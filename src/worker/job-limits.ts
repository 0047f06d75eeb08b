/**
 * Jobs that nobody wants for ever (queue/headers.ts): looked at before each attempt. Whether it is too late is asked of the
 * database, whose clock said when they were due: one question for all jobs that begin in this turn of the event loop. How
 * long the attempt may then take is counted by this process's monotonic clock.
 */
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import type { ClaimedJob } from '../queue/claimed.ts'
import { readDatabaseTime } from '../queue/database-time.ts'
import { queueErrors } from '../queue/errors.ts'
import type { TimeLimits } from '../queue/headers.ts'
import { jobError, type Outcome } from '../queue/job.ts'
import { findCancelled } from '../queue/operations.ts'

export class JobLimits {
  readonly #db: Queryable
  readonly #clock: Pick<Clock, 'now'>
  #asking: Promise<number> | undefined

  constructor(parts: { readonly db: Queryable; readonly clock: Pick<Clock, 'now'> }) {
    this.#db = parts.db
    this.#clock = parts.clock
  }

  /** How much time is left for the job, or what becomes of it when an attempt would be too late. */
  async look(job: ClaimedJob, limits: TimeLimits): Promise<{ readonly leftMs: number } | Outcome> {
    const now = await this.#now()
    const outcome = this.#tooLate(job, limits, now)
    if (outcome === undefined) return { leftMs: (limits.endsBy ?? Number.POSITIVE_INFINITY) - now }
    const isCancelled = job.isTracked && (await findCancelled(this.#db, [job.id])).length > 0
    return isCancelled ? { kind: 'cancelled' } : outcome
  }

  #tooLate({ task, crashes }: ClaimedJob, limits: TimeLimits, now: number): Outcome | undefined {
    const { endsBy, jobTimeoutMs, expiresAt, ttlMs } = limits
    // a worker died under it: nobody knows whether it had begun, and what has begun is not dropped
    if (expiresAt !== undefined && crashes === 0 && now >= expiresAt) {
      const error = queueErrors.MILLRACE_QUEUE_EXPIRED({ task, ttlMs })
      return { kind: 'expired', error: jobError(error, this.#clock.now()) }
    }
    if (endsBy === undefined || now < endsBy) return undefined
    const error = queueErrors.MILLRACE_QUEUE_JOB_TIMEOUT({ task, jobTimeoutMs })
    return { kind: 'failed', error: jobError(error, this.#clock.now()), reason: 'attempts', hasBegun: false }
  }

  #now(): Promise<number> {
    this.#asking ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#asking = undefined
      return readDatabaseTime(this.#db)
    })
    return this.#asking
  }
}
