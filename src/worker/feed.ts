/**
 * The jobs of one lane on their way into this process: claimed in blocks, a little ahead of the handlers, started as slots
 * become free. How far ahead is measured: as much as PREFETCH_MS of work, so that a slow job strands few others and a fast
 * one costs a small part of a claim.
 */

import { CLAIM_COUNT_MAX } from '../queue/claim.ts'
import type { ClaimedJob } from '../queue/job.ts'

/** Work claimed ahead, in milliseconds of all slots together. */
export const PREFETCH_MS = 75
/** Jobs waiting longer than this in the process are handed back: others can take them. */
export const STRANDED_MS = 2_000
/** How fast the measured job time follows. */
const SMOOTHING = 0.05
const JOB_MS_MIN = 0.001

export interface FeedOptions {
  readonly queue: string
  readonly lane: number
  readonly concurrency: number
  /** Claims one job at a time and nothing ahead: the quarantine lane. */
  readonly isOneByOne: boolean
  /** Runs a job to its end; must not reject, and frees its slot even when it does. */
  readonly start: (job: ClaimedJob) => Promise<void>
  /** A slot has become free. */
  readonly onFree: () => void
  readonly monotonic: () => number
}

export class Feed {
  readonly queue: string
  readonly lane: number
  /** Whether the last look or claim said that the lane has more. */
  hasMore = false
  readonly #options: FeedOptions
  #buffer: ClaimedJob[] = []
  #next = 0
  #running = 0
  #jobMs: number | undefined
  #movedAt = 0

  constructor(options: FeedOptions) {
    this.queue = options.queue
    this.lane = options.lane
    this.#options = options
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#buffer.length - this.#next
  }

  /** How many jobs to claim now: 0 while enough wait. */
  get room(): number {
    const { concurrency, isOneByOne } = this.#options
    const free = concurrency - this.#running
    if (isOneByOne) return this.waiting === 0 ? Math.max(0, free) : 0
    const ahead = Math.floor((concurrency * PREFETCH_MS) / this.#expectedJobMs(free))
    const wanted = Math.min(CLAIM_COUNT_MAX, free + ahead)
    return this.waiting > wanted / 2 ? 0 : Math.max(0, wanted - this.waiting)
  }

  /** The measured time of a job; when all slots are busy, at least as long as none has become free. */
  #expectedJobMs(free: number): number {
    const measured = this.#jobMs ?? Number.POSITIVE_INFINITY
    const stuckMs = free > 0 ? 0 : this.#options.monotonic() - this.#movedAt
    return Math.max(measured, stuckMs, JOB_MS_MIN)
  }

  add(jobs: readonly ClaimedJob[]): void {
    if (this.waiting === 0) {
      this.#buffer = [...jobs]
      this.#next = 0
      this.#movedAt = this.#options.monotonic()
    } else {
      this.#buffer = [...this.#buffer.slice(this.#next), ...jobs]
      this.#next = 0
    }
    this.#startAll()
  }

  /** Takes back what waits: all of it, or, when no slot has become free for STRANDED_MS, what is stranded. */
  takeWaiting(which: 'all' | 'stranded'): readonly ClaimedJob[] {
    if (which === 'stranded' && (this.waiting === 0 || this.#options.monotonic() - this.#movedAt < STRANDED_MS))
      return []
    const jobs = this.#buffer.slice(this.#next)
    this.#buffer = []
    this.#next = 0
    return jobs
  }

  #startAll(): void {
    while (this.#running < this.#options.concurrency && this.waiting > 0) {
      const job = this.#buffer[this.#next]
      this.#next += 1
      if (job !== undefined) this.#startOne(job)
    }
  }

  #startOne(job: ClaimedJob): void {
    const startedAt = this.#options.monotonic()
    this.#running += 1
    this.#movedAt = startedAt
    const end = (): void => {
      const ms = this.#options.monotonic() - startedAt
      this.#jobMs = this.#jobMs === undefined ? ms : this.#jobMs + (ms - this.#jobMs) * SMOOTHING
      this.#running -= 1
      this.#startAll()
      this.#options.onFree()
    }
    void this.#options.start(job).then(end, end)
  }
}
