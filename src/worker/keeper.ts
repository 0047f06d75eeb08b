/** What keeps the queue in order while workers run: deferred jobs come due, dead workers' jobs are rescued, old rows go. */
import type { Queryable } from '../data/transaction.ts'
import { type Clock, withDeadline } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Probe } from '../queue/claim.ts'
import type { Hints } from '../queue/hints.ts'
import { type Runnable, UNPARK_COUNT_MAX, unpark } from '../queue/parked.ts'
import { type PassBegun, PROMOTE_COUNT_MAX, promote, raiseFloor } from '../queue/promote.ts'
import { purge } from '../queue/purge.ts'
import { rescue, retireDeadWorkers } from '../queue/workers.ts'
import { Housekeeping, type HousekeepingTask } from './housekeeping.ts'
import type { LeaseAudit } from './lease-audit.ts'

/** How often dead workers are looked for. */
export const RESCUE_MS = 2_000
/** How often promotion looks at everything due, not only past where it had come: commits may be very late. */
export const FULL_PASS_MS = 5_000
/** Blocks of due jobs that are moved until something else is looked for. */
export const PROMOTE_BLOCKS_MAX = 10
export const PURGE_MS = 60_000
/** How often parked jobs are looked for that this release can run. */
export const UNPARK_MS = 2_000
/** How often leases are held against what this process knows, and how long one may be unknown: longer than any claim takes. */
export const AUDIT_MS = 5_000
export const UNKNOWN_LEASE_MS = 20_000
/** How often lanes are looked for that a newer release has added: until then, their jobs wait for its own workers. */
export const LANES_MS = 10_000
/** How long after a claim that failed leases are audited: its own commit may come late. */
const AUDITED_MS = 60_000
/** How long `stop` waits for what is being tidied up at that moment. */
export const KEEPER_STOP_MS = 1_000

export interface KeeperOptions {
  readonly db: Queryable
  readonly clock: Clock
  readonly log: Log
  readonly leaseMs: number
  readonly hints: Pick<Hints, 'workIn' | 'operationChanged'>
  /** What this process can run. */
  readonly runnable: readonly Runnable[]
  /** Gives back leases that this process never learned of. */
  readonly audit: LeaseAudit
  /** Looks for lanes that are new. Answers whether there are any. */
  readonly learnLanes: () => Promise<boolean>
  /** How long heartbeats have come through without a gap: after an outage everyone looks dead for a while. */
  readonly aliveMs: () => number
  /** What else is to be tidied up now and then: a bounded number of rows each. */
  readonly housekeeping: readonly HousekeepingTask[]
  /** Jobs have come into these lanes. */
  readonly onWork: (lanes: readonly number[] | 'all') => void
}

export class Keeper {
  readonly #options: KeeperOptions
  readonly #housekeeping: Housekeeping
  readonly #stopped = new AbortController()
  #promotedTo: string | null = null
  /** Where the pass after the one that is under way begins. */
  #nextPassFrom: string | null = null
  #fullPassAt = Number.NEGATIVE_INFINITY
  /** How the full pass began that is under way. */
  #fullPass: PassBegun | undefined
  /** What the last look found: while there is nothing to do, nothing more is asked of the database. */
  #found: Probe | undefined
  #auditUntil = Number.NEGATIVE_INFINITY
  #loops: Promise<unknown> = Promise.resolve()

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#housekeeping = new Housekeeping(options.housekeeping, options)
  }

  /** How far promotion has come: a probe need not look before it. Null when a full pass is due. */
  get promotedTo(): string | null {
    const { clock } = this.#options
    return clock.monotonic() - this.#fullPassAt >= FULL_PASS_MS ? null : this.#promotedTo
  }

  /** What a look has found. */
  told(found: Probe): void {
    this.#found = found
  }

  /** A claim failed: it may have leased jobs that this process will never hear of. */
  claimFailed(): void {
    this.#auditUntil = this.#options.clock.monotonic() + AUDITED_MS
  }

  start(): void {
    this.#loops = Promise.all([
      this.#every(RESCUE_MS, 'rescue', () => this.#rescue()),
      this.#every(UNPARK_MS, 'taking back parked jobs', () => this.#unpark()),
      this.#every(PURGE_MS, 'purge', () => purge(this.#options.db)),
      this.#every(PURGE_MS, 'housekeeping', () => this.#housekeeping.round(this.#stopped.signal)),
      this.#every(LANES_MS, 'looking for new lanes', () => this.#learnLanes()),
      this.#every(AUDIT_MS, 'the audit of leases', () => this.#audit()),
    ])
  }

  /** Ends within KEEPER_STOP_MS: what is still being tidied up then is left to itself, and nothing follows it. */
  async stop(): Promise<void> {
    const { clock, log } = this.#options
    this.#stopped.abort()
    const late = (): Error => new Error(`not done within ${KEEPER_STOP_MS} ms`)
    await withDeadline(clock, KEEPER_STOP_MS, this.#loops, late).catch((thrown: unknown) =>
      log.warn({ why: asError(thrown).message }, 'the worker stops without waiting for what it was tidying up'),
    )
  }

  /** Moves what is due into the log: all of it, or so many blocks; the next look goes on with the pass. */
  async promote(): Promise<void> {
    let after = this.promotedTo
    if (after === null) this.#fullPassAt = this.#options.clock.monotonic()
    for (let blocks = 0; blocks < PROMOTE_BLOCKS_MAX && !this.#stopped.signal.aborted; blocks += 1) {
      const { moved, lanes, lastDue, seesTo, began } = await promote(this.#options.db, after)
      if (seesTo === null || began === null) return
      if (after === null) this.#fullPass = began
      this.#nextPassFrom ??= seesTo
      if (moved > 0) this.#options.onWork(lanes)
      if (moved < PROMOTE_COUNT_MAX) {
        this.#promotedTo = this.#nextPassFrom
        this.#nextPassFrom = null
        if (this.#fullPass !== undefined) await raiseFloor(this.#options.db, this.#fullPass)
        this.#fullPass = undefined
        return
      }
      after = lastDue
      this.#promotedTo = lastDue
    }
  }

  async #rescue(): Promise<void> {
    const { db, log, leaseMs, aliveMs, onWork } = this.#options
    const dead = await retireDeadWorkers(db, this.#found?.peers ?? [])
    if (dead.length === 0 && this.#found?.hasDead !== true) return
    if (dead.length > 0) log.warn({ workers: dead }, 'worker processes of this machine have died')
    const rescued = await rescue(db, { expiredToo: aliveMs() >= leaseMs })
    for (const { worker, queue, moved, died } of rescued)
      log.warn({ worker, queue, moved, died }, "a dead worker's jobs were rescued")
    if (rescued.length > 0) onWork('all')
  }

  async #learnLanes(): Promise<void> {
    if (!(await this.#options.learnLanes())) return
    this.#options.log.info('lanes that another release has added are worked off as well')
    this.#options.onWork('all')
  }

  async #audit(): Promise<void> {
    if (this.#options.clock.monotonic() > this.#auditUntil) return
    const returned = await this.#options.audit.look(UNKNOWN_LEASE_MS)
    if (returned === 0) return
    this.#options.log.warn({ returned }, 'jobs of a claim whose answer was lost go back to their queue')
    this.#options.onWork('all')
  }

  /** Everything that is parked by now, block by block. This process claims first: it can run them, others perhaps cannot. */
  async #unpark(): Promise<void> {
    if (this.#found?.hasParked !== true) return
    const { db, log, hints, runnable, onWork } = this.#options
    let before: string | null = null
    for (let moved = UNPARK_COUNT_MAX; moved === UNPARK_COUNT_MAX && !this.#stopped.signal.aborted; ) {
      const back = await unpark(db, runnable, before)
      moved = back.moved
      before = back.before
      if (moved === 0) return
      log.info({ moved }, 'parked jobs that this release can run are back in their queue')
      onWork(back.lanes)
      for (const lane of back.lanes) hints.workIn(lane)
      for (const id of back.tracked) hints.operationChanged(id)
    }
  }

  async #every(ms: number, what: string, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#stopped.signal.aborted) {
      await work().catch((thrown: unknown) =>
        log.warn({ why: asError(thrown).message }, `${what} failed; it is tried again`),
      )
      await clock.sleep(ms, this.#stopped.signal)
    }
  }
}
