/** Collects what became of jobs and settles many in one statement, again and again until the database has taken it. */
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { TaskGroup } from '../kernel/task-group.ts'
import { type ClaimedJob, jobError, type Outcome } from '../queue/job.ts'
import { type Settlement, settle } from '../queue/settle.ts'
import { workerErrors } from './errors.ts'

/** Jobs in one statement. */
export const SETTLE_COUNT_MAX = 1_000
/** Statements under way at once. */
const FLUSHES_IN_FLIGHT_MAX = 2
const RETRY_MS = 100
const RETRY_MS_MAX = 2_000

export class Settler {
  readonly #db: Queryable
  readonly #clock: Clock
  readonly #log: Log
  readonly #onSettled: (settlements: readonly Settlement[]) => void
  readonly #group: TaskGroup
  /** How many jobs of each lease are not settled durably yet; a lease stays until it is closed. */
  readonly #open = new Map<string, number>()
  #waiting: (Settlement & { readonly lease: string })[] = []
  /** Leases of which nothing is left that no statement has closed yet. */
  #finished: string[] = []
  #inFlight = 0
  #isPlanned = false
  #isAbandoned = false

  constructor(parts: {
    readonly db: Queryable
    readonly clock: Clock
    readonly log: Log
    readonly onSettled: (settlements: readonly Settlement[]) => void
  }) {
    this.#db = parts.db
    this.#clock = parts.clock
    this.#log = parts.log
    this.#onSettled = parts.onSettled
    this.#group = new TaskGroup((error) => parts.log.error({ err: error }, 'settling failed'))
  }

  /** Jobs that were claimed and are not settled yet. */
  get unsettled(): number {
    let count = 0
    for (const jobs of this.#open.values()) count += jobs
    return count
  }

  /** Whether this process knows a lease: jobs of it run, wait, or are being settled. */
  knows(lease: string): boolean {
    return this.#open.has(lease)
  }

  /** A lease was taken: it is closed with the last of its jobs. */
  opened(jobs: readonly ClaimedJob[]): void {
    for (const { lease } of jobs) this.#open.set(lease, (this.#open.get(lease) ?? 0) + 1)
  }

  /** What became of a job. It is durable some milliseconds later, and tried again as long as the database is away. */
  add(job: ClaimedJob, outcome: Outcome): void {
    this.#waiting.push({ entry: job, isTracked: job.isTracked, outcome, lease: job.lease })
    this.#plan()
  }

  /** The handler's own transaction has settled the job: only its lease is left to count. */
  settledElsewhere(job: ClaimedJob): void {
    this.#count(job.lease, 1)
    this.#plan()
  }

  /** Resolves when everything that was added is durable. */
  async settled(): Promise<void> {
    this.#plan()
    while (this.#waiting.length + this.#finished.length + this.#inFlight > 0 && !this.#isAbandoned) {
      await this.#group.settled()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Gives up what is not durable yet: rescue will find it. */
  abandon(): void {
    this.#isAbandoned = true
    this.#waiting = []
    this.#finished = []
    this.#open.clear()
  }

  #plan(): void {
    if (this.#isPlanned || this.#isAbandoned || this.#inFlight >= FLUSHES_IN_FLIGHT_MAX) return
    if (this.#waiting.length + this.#finished.length === 0) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      this.#group.run(this.#flush())
    })
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting.splice(0, SETTLE_COUNT_MAX)
    const finished = this.#finished.splice(0)
    const counts = new Map<string, number>()
    for (const { lease } of batch) counts.set(lease, (counts.get(lease) ?? 0) + 1)
    // A lease is closed by the statement that settles the last of its jobs, when all others are durable. Closed any earlier,
    // a crash between two statements would leave entries behind that no lease names and no cursor finds: lost jobs.
    const closing = [...counts.keys()].filter((lease) => this.#open.get(lease) === counts.get(lease))
    this.#inFlight += 1
    try {
      await this.#settle(batch, [...closing, ...finished])
      for (const lease of [...closing, ...finished]) this.#open.delete(lease)
      for (const [lease, jobs] of counts) if (!closing.includes(lease)) this.#count(lease, jobs)
      this.#onSettled(batch)
    } finally {
      this.#inFlight -= 1
      this.#plan()
    }
  }

  /** So many jobs of a lease are durable. The last ones of it leave it to be closed by the next statement. */
  #count(lease: string, jobs: number): void {
    const left = (this.#open.get(lease) ?? jobs) - jobs
    this.#open.set(lease, left)
    if (left === 0) this.#finished.push(lease)
  }

  async #settle(batch: readonly Settlement[], leases: readonly string[]): Promise<void> {
    for (let waitMs = RETRY_MS; !this.#isAbandoned; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      try {
        const lost = await settle(this.#db, batch, leases)
        if (lost > 0) this.#log.warn({ lost }, 'jobs were no longer ours when they ended: their lease had been lost')
        return
      } catch (thrown) {
        if (isPoison(thrown)) return this.#settleApart(batch, leases, asError(thrown))
        this.#log.warn(
          { why: asError(thrown).message, jobs: batch.length, againInMs: waitMs },
          'settling failed; it is tried again',
        )
        await this.#clock.sleep(waitMs)
      }
    }
  }

  /** The database refuses something in the batch itself: found by halving, it alone is stored with an error that is ours. */
  async #settleApart(batch: readonly Settlement[], leases: readonly string[], error: Error): Promise<void> {
    const [first, ...others] = batch
    if (first === undefined) throw error
    if (others.length > 0) {
      const half = Math.ceil(batch.length / 2)
      await this.#settle(batch.slice(0, half), [])
      await this.#settle(batch.slice(half), leases)
      return
    }
    const { entry, outcome } = first
    this.#log.error(
      { err: error, job: entry.id, kind: outcome.kind },
      'the outcome of a job could not be stored as it was',
    )
    await this.#settle([{ ...first, outcome: storableOutcome(outcome, this.#clock.now()) }], leases)
  }
}

/** An outcome that the database cannot refuse: what was said is replaced, what it meant stays. */
function storableOutcome(outcome: Outcome, nowMs: number): Outcome {
  const error = jobError(workerErrors.MILLRACE_WORKER_OUTCOME_REFUSED({}), nowMs)
  if (outcome.kind === 'retry' || outcome.kind === 'failed') return { ...outcome, error }
  return { kind: 'failed', error, reason: 'permanent' }
}

/** True for what PostgreSQL says of the data itself (SQLSTATE classes 22, 23 and 54): again would not help. */
function isPoison(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && /^(2[23]|54)/.test(String(thrown.code))
}
