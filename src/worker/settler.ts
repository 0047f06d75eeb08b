/**
 * Collects what became of jobs and settles many in one statement, again and again until the database has taken it. The jobs
 * of a pack are settled together, by the end of the pack; when they do not end together, it is taken apart.
 */
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { TaskGroup } from '../kernel/task-group.ts'
import type { ClaimedEntry, ClaimedJob } from '../queue/claimed.ts'
import { jobError, type Outcome } from '../queue/job.ts'
import { type Batch, carve, type SettledEntry, type Settlement, settle } from '../queue/settle.ts'
import { workerErrors } from './errors.ts'
import { OpenPacks } from './open-packs.ts'

/** Entries in one statement. */
export const SETTLE_COUNT_MAX = 1_000
/** Statements under way at once. */
const FLUSHES_IN_FLIGHT_MAX = 2
const RETRY_MS = 100
const RETRY_MS_MAX = 2_000

/** An entry that ended, as it waits to be settled: `outcome` absent when all its jobs have succeeded. */
interface Ended {
  readonly key: SettledEntry
  readonly lease: string
  readonly count: number
  readonly isTracked: boolean
  readonly outcome: Outcome | undefined
}

const SUCCEEDED: Outcome = Object.freeze({ kind: 'succeeded', result: null })
const NOTHING: Batch = Object.freeze({ succeeded: [], others: [] })

export class Settler {
  readonly #db: Queryable
  readonly #clock: Clock
  readonly #log: Log
  readonly #onSettled: (settlements: readonly Settlement[]) => void
  readonly #group: TaskGroup
  /** How many jobs of each lease are not settled durably yet; a lease stays until it is closed. */
  readonly #open = new Map<string, number>()
  readonly #packs: OpenPacks
  #unsettled = 0
  #waiting: Ended[] = []
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
    this.#packs = new OpenPacks({
      clock: parts.clock,
      onWhole: (entry) => this.#wait(endOf(entry)),
      onApart: (job, outcome) => this.#wait(endOf(job.entry, job, outcome)),
      carve: async (packs) => {
        await this.#again('taking packs apart', () => carve(this.#db, packs))
      },
      onDurable: (lease, jobs) => this.#count(lease, jobs),
      group: this.#group,
    })
  }

  /** Jobs that were claimed and are not settled yet. */
  get unsettled(): number {
    return this.#unsettled
  }

  /** Whether this process knows a lease: jobs of it run, wait, or are being settled. */
  knows(lease: string): boolean {
    return this.#open.has(lease)
  }

  /** A lease was taken: it is closed with the last of its jobs. */
  opened(entries: readonly ClaimedEntry[]): void {
    for (const { lease, count } of entries) {
      this.#open.set(lease, (this.#open.get(lease) ?? 0) + count)
      this.#unsettled += count
    }
  }

  /** What became of a job. It is durable some milliseconds later, and tried again as long as the database is away. */
  add(job: ClaimedJob, outcome: Outcome): void {
    if (this.#isAbandoned) return
    const { entry } = job
    if (entry.isApart) this.#wait(endOf(entry, job, outcome))
    else this.#packs.add(job, outcome)
  }

  /** Resolves when the job has an entry of its own: what settles it elsewhere needs its key. Nothing to wait for: undefined. */
  own(job: ClaimedJob): Promise<void> | undefined {
    return job.entry.isApart ? undefined : this.#packs.takeApart(job.entry)
  }

  /** The handler's own transaction has settled the job: only its lease is left to count. */
  settledElsewhere(job: ClaimedJob): void {
    this.#count(job.entry.lease, 1)
    // in a governed queue its end makes room for others
    if (job.entry.hasMoreToEnd) this.#onSettled([{ entry: job.key, isTracked: false, outcome: SUCCEEDED }])
  }

  /** Resolves when everything that was added is durable. */
  async settled(): Promise<void> {
    this.#packs.takeAllApart()
    this.#plan()
    while (this.#waiting.length + this.#finished.length + this.#inFlight > 0 || this.#packs.isBusy) {
      if (this.#isAbandoned) return
      await this.#group.settled()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Gives up what is not durable yet: rescue will find it. */
  abandon(): void {
    this.#isAbandoned = true
    this.#waiting = []
    this.#finished = []
    this.#packs.clear()
    this.#open.clear()
  }

  #wait(ended: Ended): void {
    this.#waiting.push(ended)
    this.#plan()
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
    const taken = this.#waiting.splice(0, SETTLE_COUNT_MAX)
    const finished = this.#finished.splice(0)
    const counts = new Map<string, number>()
    for (const { lease, count } of taken) counts.set(lease, (counts.get(lease) ?? 0) + count)
    // A lease is closed by the statement that settles the last of its jobs, when all others are durable. Closed any earlier,
    // a crash between two statements would leave entries behind that no lease names and no cursor finds: lost jobs.
    const closing = [...counts.keys()].filter((lease) => this.#open.get(lease) === counts.get(lease))
    const batch = batchOf(taken)
    this.#inFlight += 1
    try {
      await this.#settle(batch, [...closing, ...finished])
      for (const lease of closing) this.#unsettled -= counts.get(lease) ?? 0
      for (const lease of [...closing, ...finished]) this.#open.delete(lease)
      for (const [lease, jobs] of counts) if (!closing.includes(lease)) this.#count(lease, jobs)
      this.#onSettled(batch.others)
    } finally {
      this.#inFlight -= 1
      this.#plan()
    }
  }

  /** So many jobs of a lease are durable. The last ones of it leave it to be closed by the next statement. */
  #count(lease: string, jobs: number): void {
    const left = (this.#open.get(lease) ?? jobs) - jobs
    this.#open.set(lease, left)
    this.#unsettled -= jobs
    if (left > 0) return
    this.#finished.push(lease)
    this.#plan()
  }

  async #settle(batch: Batch, leases: readonly string[]): Promise<void> {
    const { succeeded, others } = batch
    if (succeeded.length > 0 && others.length > 0) {
      // a statement each: when the second has to be tried again, the jobs of the first are settled, not lost
      await this.#settle({ ...NOTHING, others }, [])
      return this.#settle({ ...NOTHING, succeeded }, leases)
    }
    await this.#again('settling', async () => {
      try {
        return await settle(this.#db, batch, leases)
      } catch (thrown) {
        if (!isPoison(thrown)) throw thrown
        await this.#settleApart(batch, leases, asError(thrown))
        return 0
      }
    })
  }

  /** Tries until the database has taken it, or this worker has given up. */
  async #again(what: string, attempt: () => Promise<number>): Promise<void> {
    for (let waitMs = RETRY_MS; !this.#isAbandoned; waitMs = Math.min(waitMs * 2, RETRY_MS_MAX)) {
      try {
        const lost = await attempt()
        if (lost > 0) this.#log.warn({ lost }, 'jobs were no longer ours when they ended: their lease had been lost')
        return
      } catch (thrown) {
        this.#log.warn({ why: asError(thrown).message, againInMs: waitMs }, `${what} failed; it is tried again`)
        await this.#clock.sleep(waitMs)
      }
    }
  }

  /** The database refuses something in the batch itself: found by halving, it alone is stored with an error that is ours. */
  async #settleApart(batch: Batch, leases: readonly string[], error: Error): Promise<void> {
    const { others } = batch
    const [first] = others
    if (first === undefined) throw error
    if (others.length > 1) {
      const half = Math.floor(others.length / 2)
      await this.#settle({ ...NOTHING, others: others.slice(0, half) }, [])
      await this.#settle({ ...NOTHING, others: others.slice(half) }, leases)
      return
    }
    const { entry, outcome } = first
    this.#log.error(
      { err: error, job: entry.id, kind: outcome.kind },
      'the outcome of a job could not be stored as it was',
    )
    const stored = { ...first, outcome: storableOutcome(outcome, this.#clock.now()) }
    await this.#settle({ ...NOTHING, others: [stored] }, leases)
  }
}

/** The end of an entry whose jobs have all succeeded, or of a single job. */
function endOf(entry: ClaimedEntry, job?: ClaimedJob, outcome?: Outcome): Ended {
  const isPlain =
    outcome === undefined ||
    (outcome.kind === 'succeeded' && !entry.isTracked && !entry.hasMoreToEnd && outcome.hasEffects !== true)
  return {
    key: job === undefined ? entry : job.key,
    lease: entry.lease,
    count: job === undefined ? entry.count : 1,
    isTracked: entry.isTracked,
    outcome: isPlain ? undefined : outcome,
  }
}

function batchOf(ended: readonly Ended[]): Batch {
  const succeeded: SettledEntry[] = []
  const others: Settlement[] = []
  for (const { key, isTracked, outcome } of ended) {
    if (outcome === undefined) succeeded.push(key)
    else others.push({ entry: key, isTracked, outcome })
  }
  return { succeeded, others }
}

/** An outcome that the database cannot refuse: what was said is replaced, what it meant stays. */
function storableOutcome(outcome: Outcome, nowMs: number): Outcome {
  const error = jobError(workerErrors.MILLRACE_WORKER_OUTCOME_REFUSED({}), nowMs)
  if (outcome.kind === 'retry' || outcome.kind === 'failed') return { ...outcome, error }
  return { kind: 'failed', error, reason: 'permanent' }
}

/**
 * True for what PostgreSQL says of the data itself (SQLSTATE classes 22, 23 and 54): again would not help. A row of history
 * whose partition is being attached right now is no such thing: a moment later it fits.
 */
function isPoison(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('code' in thrown)) return false
  const isAttaching = 'table' in thrown && String(thrown.table).startsWith('history')
  return !isAttaching && /^(2[23]|54)/.test(String(thrown.code))
}
