/**
 * The jobs of one queue on their way into this process: claimed in blocks, a little ahead of the handlers, started as slots
 * become free. How far ahead is measured: as much as PREFETCH_MS of work, so that a slow job strands few others and a fast
 * one costs a small part of a claim.
 */

import { CLAIM_COUNT_MAX } from '../queue/claim.ts'
import { type ClaimedEntry, ClaimedJob, jobsOf, PACK_COUNT_MAX } from '../queue/claimed.ts'

/** Work claimed ahead, in milliseconds of all slots together. */
export const PREFETCH_MS = 75
/** Jobs waiting longer than this in the process are handed back: others can take them. */
export const STRANDED_MS = 2_000
/** A pack should be done within this time: the end of its first job is durable when its last one is (settler.ts). */
export const PACK_MS = 10
/** How long nothing is claimed ahead after a job under which a worker has died: what was rescued lies close together. */
export const CAREFUL_MS = 1_000
/** Below it, packs are not worth their trouble. */
const PACK_COUNT_MIN = 8
/** How fast the measured job time follows. */
const SMOOTHING = 0.05
const JOB_MS_MIN = 0.001

/** A lane that the feed draws from. */
export interface Source {
  readonly lane: number
  /** Lanes whose hints mean work here: itself, and the intake of a flow lane. */
  readonly hintedBy: readonly number[]
  readonly isGoverned: boolean
  /** Where jobs come in before they are in a flow lane. */
  readonly intake?: number
  /** Its share while several have work. */
  weight: number
  /** Whether the last look or claim said that the lane has more. */
  hasMore: boolean
}

export interface FeedOptions {
  readonly queue: string
  readonly sources: readonly Source[]
  readonly concurrency: number
  /** Claims one job at a time and nothing ahead: the quarantine lane. */
  readonly isOneByOne: boolean
  /** Runs a job to its end, then calls `ended`, whatever came of it. Must not throw. */
  readonly start: (job: ClaimedJob, ended: () => void) => void
  /** A slot has become free. */
  readonly onFree: () => void
  readonly monotonic: () => number
}

export class Feed {
  readonly queue: string
  readonly #options: FeedOptions
  #sources: readonly Source[]
  /** What waits: the first entry from job #next on, and all others whole. */
  #entries: ClaimedEntry[] = []
  #next = 0
  #waiting = 0
  #running = 0
  #jobMs: number | undefined
  #movedAt = 0
  #suspectedAt: number | undefined
  #isStarting = false
  /** Some handler wants an entry for each of its jobs: packs would only be taken apart again. */
  wantsSingles = false

  constructor(options: FeedOptions) {
    this.queue = options.queue
    this.#sources = options.sources
    this.#options = options
  }

  get sources(): readonly Source[] {
    return this.#sources
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting
  }

  get hasMore(): boolean {
    return this.sources.some((source) => source.hasMore)
  }

  /** The sources are these from now on; what is known of those that were there stays. */
  renew(sources: readonly Source[]): void {
    const known = new Map(this.#sources.map((source) => [source.lane, source]))
    this.#sources = sources.map((source) => Object.assign(known.get(source.lane) ?? source, { weight: source.weight }))
  }

  /** How many jobs to claim now: 0 while enough wait. */
  get room(): number {
    const { concurrency, isOneByOne } = this.#options
    const free = concurrency - this.#running
    if (isOneByOne || this.#isCareful) return this.#waiting === 0 ? Math.max(0, free) : 0
    const ahead = Math.floor((concurrency * PREFETCH_MS) / this.#expectedJobMs(free))
    const wanted = Math.min(CLAIM_COUNT_MAX, free + ahead)
    return this.#waiting > wanted / 2 ? 0 : Math.max(0, wanted - this.#waiting)
  }

  /** How many jobs a claimed pack may have: as many as end together, nearly. */
  get packMax(): number {
    if (this.wantsSingles || this.#options.isOneByOne || this.#jobMs === undefined) return 1
    const count = (this.#options.concurrency * PACK_MS) / Math.max(this.#jobMs, JOB_MS_MIN)
    return count < PACK_COUNT_MIN ? 1 : Math.min(PACK_COUNT_MAX, Math.floor(count))
  }

  /** The lane to claim from next, by lottery: each of those that have more wins as often as its weight says. */
  draw(random: () => number): Source | undefined {
    const full = this.sources.filter((source) => source.hasMore)
    if (full.length <= 1) return full[0]
    let ticket = random() * full.reduce((sum, source) => sum + source.weight, 0)
    for (const source of full) {
      ticket -= source.weight
      if (ticket < 0) return source
    }
    return full[0]
  }

  /**
   * Takes what was claimed, and answers what goes back: a job under which a worker has died is begun at once or not held. So
   * whatever is leased when a second worker dies had begun, and quarantine gets few that are innocent.
   */
  add(entries: readonly ClaimedEntry[]): readonly ClaimedJob[] {
    if (this.#waiting === 0) this.#movedAt = this.#options.monotonic()
    for (const entry of entries) {
      this.#entries.push(entry)
      this.#waiting += entry.count
    }
    this.#startAll()
    if (!entries.some(isSuspect)) return []
    this.#suspectedAt = this.#options.monotonic()
    const suspects = this.#entries.filter(isSuspect)
    this.#entries = this.#entries.filter((entry) => !isSuspect(entry))
    this.#waiting -= suspects.length
    return jobsOf(suspects)
  }

  /** Takes back what waits: all of it, or, when no slot has become free for STRANDED_MS, what is stranded. */
  takeWaiting(which: 'all' | 'stranded'): readonly ClaimedJob[] {
    if (which === 'stranded' && (this.#waiting === 0 || this.#options.monotonic() - this.#movedAt < STRANDED_MS))
      return []
    const jobs: ClaimedJob[] = []
    for (let job = this.#take(); job !== undefined; job = this.#take()) jobs.push(job)
    return jobs
  }

  get #isCareful(): boolean {
    return this.#suspectedAt !== undefined && this.#options.monotonic() - this.#suspectedAt < CAREFUL_MS
  }

  /** The measured time of a job; when all slots are busy, at least as long as none has become free. */
  #expectedJobMs(free: number): number {
    const measured = this.#jobMs ?? Number.POSITIVE_INFINITY
    const stuckMs = free > 0 ? 0 : this.#options.monotonic() - this.#movedAt
    return Math.max(measured, stuckMs, JOB_MS_MIN)
  }

  #take(): ClaimedJob | undefined {
    const entry = this.#entries[0]
    if (entry === undefined) return undefined
    const job = new ClaimedJob(entry, this.#next)
    this.#next += 1
    this.#waiting -= 1
    if (this.#next === entry.count) {
      this.#entries.shift()
      this.#next = 0
    }
    return job
  }

  #startAll(): void {
    if (this.#isStarting) return // a job that ended at once: the loop below is still running
    this.#isStarting = true
    while (this.#running < this.#options.concurrency && this.#waiting > 0) {
      const job = this.#take()
      if (job !== undefined) this.#startOne(job)
    }
    this.#isStarting = false
  }

  #startOne(job: ClaimedJob): void {
    const startedAt = this.#options.monotonic()
    this.#running += 1
    this.#movedAt = startedAt
    this.#options.start(job, () => {
      const ms = this.#options.monotonic() - startedAt
      this.#jobMs = this.#jobMs === undefined ? ms : this.#jobMs + (ms - this.#jobMs) * SMOOTHING
      this.#running -= 1
      this.#startAll()
      this.#options.onFree()
    })
  }
}

/** Rescued jobs have an entry each. */
function isSuspect(entry: ClaimedEntry): boolean {
  return entry.crashes > 0 && entry.count === 1
}
