/**
 * Submits outside a transaction, merged: what arrives while the event loop is busy goes to the database as one insert and
 * one commit. Each caller's promise resolves when its job is durable.
 */

import type { Queryable } from '../data/transaction.ts'
import { asError } from '../kernel/errors.ts'
import { appendJobs } from './append.ts'
import { queueErrors } from './errors.ts'
import type { NewJob } from './new-job.ts'

/** Inserts under way at once: one is being written while the next is on its way. */
export const FLUSHES_IN_FLIGHT_MAX = 2
/** Jobs in one insert. */
export const FLUSH_COUNT_MAX = 2_000
/** Jobs that may wait in this process: past it, submits are refused instead of eating memory. */
export const WAITING_COUNT_MAX = 100_000

interface Waiting {
  readonly job: NewJob
  readonly resolve: (id: string) => void
  readonly reject: (error: Error) => void
}

export class MergedAppends {
  readonly #db: Queryable
  #waiting: Waiting[] = []
  #inFlight = 0
  #isPlanned = false

  constructor(db: Queryable) {
    this.#db = db
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
      const holders = await appendJobs(
        this.#db,
        batch.map((w) => w.job),
      )
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
