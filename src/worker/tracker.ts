/** The operations of running tracked jobs: their start, their progress and their cancellation, all in merged statements. */
import type { Queryable } from '../data/transaction.ts'
import type { Clock, Timer } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { ClaimedJob } from '../queue/claimed.ts'
import type { Hints } from '../queue/hints.ts'
import { findCancelled, type Progress, reportProgress, startTracked } from '../queue/operations.ts'

/** Progress is stored at most this often. */
export const PROGRESS_MS = 200
/** How often a lost hint of a cancellation is made up for. */
export const CANCEL_POLL_MS = 2_000

interface Starting {
  readonly job: ClaimedJob
  readonly resolve: (mayStart: boolean) => void
  readonly reject: (error: Error) => void
}

export class Tracker {
  readonly #db: Queryable
  readonly #hints: Hints
  readonly #clock: Clock
  readonly #log: Log
  readonly #running = new Map<string, { readonly job: ClaimedJob; readonly cancel: () => void }>()
  readonly #progress = new Map<string, Progress>()
  #starting: Starting[] = []
  #progressTimer: Timer | undefined
  #cancelTimer: Timer | undefined
  #stopListening: () => void = () => {}

  constructor(parts: { readonly db: Queryable; readonly hints: Hints; readonly clock: Clock; readonly log: Log }) {
    this.#db = parts.db
    this.#hints = parts.hints
    this.#clock = parts.clock
    this.#log = parts.log
  }

  open(): void {
    this.#stopListening = this.#hints.listenForJobs(({ cancelled }) => {
      const isOurs = cancelled === 'all' ? this.#running.size > 0 : cancelled.some((id) => this.#running.has(id))
      if (isOurs) void this.#lookForCancelled()
    })
    this.#pollCancelled()
  }

  close(): void {
    this.#stopListening()
    this.#cancelTimer?.cancel()
    this.#progressTimer?.cancel()
  }

  /** Begins an attempt; false when the job was cancelled before. `cancel` is called when someone asks for it later. */
  async begin(job: ClaimedJob, cancel: () => void): Promise<boolean> {
    const mayStart = await new Promise<boolean>((resolve, reject) => {
      this.#starting.push({ job, resolve, reject })
      if (this.#starting.length === 1) setImmediate(() => void this.#startAll())
    })
    if (!mayStart) return false
    this.#running.set(job.id, { job, cancel })
    this.#hints.operationChanged(job.id)
    return true
  }

  progress(job: ClaimedJob, progress: Progress): void {
    if (!this.#running.has(job.id)) return
    this.#progress.set(job.id, progress)
    this.#progressTimer ??= this.#clock.after(PROGRESS_MS, () => void this.#storeProgress())
  }

  /** Something of the job is new in the database. */
  changed(job: ClaimedJob): void {
    this.#hints.operationChanged(job.id)
  }

  end(job: ClaimedJob): void {
    this.#running.delete(job.id)
    this.#progress.delete(job.id)
  }

  /** Never rejects: each job's own promise does. */
  async #startAll(): Promise<void> {
    const batch = this.#starting
    this.#starting = []
    try {
      const started = await startTracked(
        this.#db,
        batch.map((s) => s.job),
      )
      for (const { job, resolve } of batch) resolve(started.has(job.id))
    } catch (thrown) {
      for (const { reject } of batch) reject(asError(thrown))
    }
  }

  /** Never rejects: progress that is lost is followed by newer. */
  async #storeProgress(): Promise<void> {
    this.#progressTimer = undefined
    const reports = [...this.#progress].flatMap(([id, progress]) => {
      const running = this.#running.get(id)
      return running === undefined ? [] : [{ id, key: running.job.key, progress }]
    })
    this.#progress.clear()
    if (reports.length === 0) return
    try {
      await reportProgress(this.#db, reports)
      for (const { id } of reports) this.#hints.operationChanged(id)
    } catch (error) {
      this.#log.debug({ err: error }, 'progress could not be stored')
    }
  }

  #pollCancelled(): void {
    this.#cancelTimer = this.#clock.after(CANCEL_POLL_MS, () => {
      void this.#lookForCancelled()
      this.#pollCancelled()
    })
  }

  /** Never rejects: the next poll asks again. */
  async #lookForCancelled(): Promise<void> {
    if (this.#running.size === 0) return
    try {
      const ids = await findCancelled(this.#db, [...this.#running.keys()])
      for (const id of ids) this.#running.get(id)?.cancel()
    } catch (error) {
      this.#log.debug({ err: error }, 'cancellations could not be looked up')
    }
  }
}
