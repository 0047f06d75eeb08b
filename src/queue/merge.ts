/**
 * Submits outside a transaction, merged: what arrives while the event loop is busy goes to the database as one insert and
 * one commit. Each caller's promise resolves when its job is durable.
 */

import type { Queryable } from '../data/transaction.ts'
import { asError } from '../kernel/errors.ts'
import { appendJobs, appendQuick, isPlain } from './append.ts'
import { queueErrors } from './errors.ts'
import type { Hints } from './hints.ts'
import type { NewJob } from './new-job.ts'

/** Inserts under way at once: one is being written while the next is on its way. */
export const FLUSHES_IN_FLIGHT_MAX = 2
/** Jobs in one insert. */
export const FLUSH_COUNT_MAX = 2_000
/** Jobs that may wait in this process: past it, submits are refused instead of eating memory. */
export const WAITING_COUNT_MAX = 100_000

/** program_limit_exceeded: somebody listens and does not read. */
const NOTIFY_QUEUE_FULL = '54000'
const NONE_TAKEN: ReadonlyMap<number, string> = new Map()

interface Waiting {
  readonly job: NewJob
  readonly resolve: (id: string) => void
  readonly reject: (error: Error) => void
}

export class MergedAppends {
  readonly #db: Queryable
  readonly #hints: Hints
  #waiting: Waiting[] = []
  #inFlight = 0
  #isPlanned = false

  constructor(db: Queryable, hints: Hints) {
    this.#db = db
    this.#hints = hints
  }

  /** Resolves, once durable, with the job's id, or the id of the job that holds its key. */
  add(job: NewJob): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= WAITING_COUNT_MAX)
        return reject(queueErrors.MILLRACE_QUEUE_BACKLOG_FULL({ waiting: this.#waiting.length }))
      this.#waiting.push({ job, resolve, reject })
      this.#plan()
    })
  }

  #plan(): void {
    if (this.#isPlanned || this.#waiting.length === 0 || this.#inFlight >= FLUSHES_IN_FLIGHT_MAX) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      void this.#flush()
    })
  }

  /** Never rejects: each caller learns of the failure through its own promise. */
  async #flush(): Promise<void> {
    const batch = this.#takeBatch()
    this.#inFlight += 1
    try {
      const holders = await this.#append(batch.map((w) => w.job))
      batch.forEach((w, n) => {
        w.resolve(holders.get(n) ?? w.job.id)
      })
    } catch (thrown) {
      for (const w of batch) w.reject(asError(thrown))
    } finally {
      this.#inFlight -= 1
      this.#plan()
    }
  }

  /** Writes the jobs and hints at them: in one call when this process has been quiet. */
  async #append(jobs: readonly NewJob[]): Promise<ReadonlyMap<number, string>> {
    const hint = this.#inFlight === 1 && jobs.every(isPlain) ? this.#hints.takeTurn(lanesOf(jobs)) : undefined
    if (hint !== undefined && (await this.#appendQuickly(jobs, hint))) return NONE_TAKEN
    const holders = await appendJobs(this.#db, jobs)
    for (const lane of lanesOf(jobs)) this.#hints.workIn(lane)
    if (jobs.some((job) => job.delayMs !== null)) this.#hints.deferred()
    return holders
  }

  /** False: the server can take no hint now, and has stored nothing. */
  async #appendQuickly(jobs: readonly NewJob[], hint: string): Promise<boolean> {
    try {
      await appendQuick(this.#db, jobs, hint)
      return true
    } catch (thrown) {
      if ((asError(thrown) as { readonly code?: unknown }).code === NOTIFY_QUEUE_FULL) return false
      throw thrown
    }
  }

  /** The next jobs to write together: as many as fit, no idempotency key twice (a twin waits for the next round). */
  #takeBatch(): readonly Waiting[] {
    const keys = new Set<string>()
    const batch: Waiting[] = []
    const later: Waiting[] = []
    for (const waiting of this.#waiting) {
      const { idempotencyKey, task } = waiting.job
      const scoped = idempotencyKey === null ? undefined : `${task}\0${idempotencyKey}`
      if (batch.length >= FLUSH_COUNT_MAX || (scoped !== undefined && keys.has(scoped))) {
        later.push(waiting)
        continue
      }
      if (scoped !== undefined) keys.add(scoped)
      batch.push(waiting)
    }
    this.#waiting = later
    return batch
  }
}

/** The lanes of the jobs that do not wait for their time. */
function lanesOf(jobs: readonly NewJob[]): readonly number[] {
  const lanes = new Set<number>()
  for (const { lane, delayMs } of jobs) if (delayMs === null) lanes.add(lane)
  return [...lanes]
}
