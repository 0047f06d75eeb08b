/** Collects what became of jobs and settles many in one statement, again and again until the database has taken it. */
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { TaskGroup } from '../kernel/task-group.ts'
import type { ClaimedJob, Outcome } from '../queue/job.ts'
import { type Settlement, settle } from '../queue/settle.ts'

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
  /** How many jobs of each lease are still to be settled. */
  readonly #open = new Map<string, number>()
  #waiting: Settlement[] = []
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

  /** A lease was taken: it is closed with the last of its jobs. */
  opened(jobs: readonly ClaimedJob[]): void {
    for (const { lease } of jobs) this.#open.set(lease, (this.#open.get(lease) ?? 0) + 1)
  }

  /** What became of a job. It is durable some milliseconds later, and tried again as long as the database is away. */
  add(job: ClaimedJob, outcome: Outcome): void {
    this.#waiting.push({ entry: job, isTracked: job.isTracked, outcome })
    this.#count(job.lease)
    this.#plan()
  }

  /** The handler's own transaction has settled the job: only its lease is left to count. */
  settledElsewhere(job: ClaimedJob): void {
    this.#count(job.lease)
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

  #count(lease: string): void {
    const left = (this.#open.get(lease) ?? 1) - 1
    if (left > 0) {
      this.#open.set(lease, left)
    } else {
      this.#open.delete(lease)
      this.#finished.push(lease)
    }
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
    // a lease is closed by the statement that settles its last jobs, or a later one: never before them
    const leases = this.#waiting.length === 0 ? this.#finished.splice(0) : []
    this.#inFlight += 1
    try {
      await this.#settle(batch, leases)
      this.#onSettled(batch)
    } finally {
      this.#inFlight -= 1
      this.#plan()
    }
  }

  async #settle(batch: readonly Settlement[], leases: readonly string[]): Promise<void> {
    for (let waitMs = RETRY_MS; !this.#isAbandoned; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      try {
        const lost = await settle(this.#db, batch, leases)
        if (lost > 0) this.#log.warn({ lost }, 'jobs were no longer ours when they ended: their lease had been lost')
        return
      } catch (error) {
        this.#log.warn({ err: error, jobs: batch.length, againInMs: waitMs }, 'settling failed; it is tried again')
        await this.#clock.sleep(waitMs)
      }
    }
  }
}
