/** A worker process: claims jobs, runs their handlers, settles them; drains when it stops; never alone with a dead peer's jobs. */
import type { Contract } from '../contract/contract.ts'
import type { Database, DatabaseOptions } from '../data/database.ts'
import { withDeadline } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import { newRandomId, random } from '../kernel/ids.ts'
import type { Service, StopOptions } from '../kernel/service.ts'
import { TaskGroup } from '../kernel/task-group.ts'
import { claim } from '../queue/claim.ts'
import { type ClaimedJob, jobsOf } from '../queue/claimed.ts'
import type { Hints } from '../queue/hints.ts'
import type { Lanes } from '../queue/lanes.ts'
import { runnableOf } from '../queue/parked.ts'
import type { Payloads } from '../queue/payload/payloads.ts'
import { leave, registerWorker } from '../queue/workers.ts'
import type { Runtime } from './attempt.ts'
import { Attempts } from './attempts.ts'
import { CellPool } from './cell-pool.ts'
import { openEngineDatabase } from './engine-database.ts'
import type { Feed, Source } from './feed.ts'
import { learnLanes, openFeeds } from './feeds.ts'
import type { Handlers } from './handler.ts'
import { Heartbeat } from './heartbeat.ts'
import type { HousekeepingTask } from './housekeeping.ts'
import { JobLimits } from './job-limits.ts'
import { Keeper } from './keeper.ts'
import { LeaseAudit } from './lease-audit.ts'
import { Poller } from './poller.ts'
import { settlementHints } from './settlement-hints.ts'
import { Settler } from './settler.ts'
import { Tracker } from './tracker.ts'

export interface WorkerOptions {
  readonly contract: Contract
  readonly handlers: Handlers
  readonly runtime: Runtime
  /** Without it, what lies in a blob or is encrypted waits. */
  readonly payloads?: Payloads
  readonly lanes: Lanes
  readonly hints: Hints
  /** The file that cells run. */
  readonly cellEntry: URL
  readonly leaseMs: number
  /** How long a handler may block the event loop until the process is killed. */
  readonly blockedMsMax: number
  /** Megabytes of heap of one cell. */
  readonly cellHeapMbMax: number
  /** What else is to be tidied up in the database now and then. */
  readonly housekeeping?: readonly HousekeepingTask[]
  /** How the engine's own connections are opened. */
  readonly openDatabase?: (options: DatabaseOptions) => Database
}

/** Claimed jobs whose end is not durable yet: past it, nothing more is claimed. */
export const UNSETTLED_COUNT_MAX = 10_000
/** After an abort on drain, how long handlers may take to end. */
const DRAIN_GRACE_MS = 2_000
const SETTLE_REST_MS = 5_000
const BEGIN_AGAIN_MS = 200
const BEGIN_AGAIN_MS_MAX = 5_000

export function openWorker(options: WorkerOptions): Service {
  return new Worker(options)
}

class Worker implements Service {
  readonly #options: WorkerOptions
  readonly #db: Database
  readonly #group: TaskGroup
  readonly #feeds: readonly Feed[]
  readonly #settler: Settler
  readonly #hintAfter: ReturnType<typeof settlementHints>
  readonly #tracker: Tracker
  readonly #attempts: Attempts
  readonly #threads: CellPool
  readonly #processes: CellPool
  readonly #keeper: Keeper
  readonly #poller: Poller
  readonly #claiming = new Set<Feed>()
  #id = newRandomId()
  #heartbeat: Heartbeat | undefined
  #stopListening: () => void = () => {}
  #isDraining = false
  #stopping: Promise<void> | undefined

  constructor(options: WorkerOptions) {
    this.#options = options
    const { runtime, hints, leaseMs, cellEntry, cellHeapMbMax } = options
    const { clock, log } = runtime
    const db = openEngineDatabase({ url: runtime.db.url, clock, log }, options.openDatabase)
    this.#db = db
    this.#group = new TaskGroup((error) => log.error({ err: error }, 'the worker met an error'))
    this.#settler = new Settler({
      db,
      clock,
      log,
      onSettled: (settlements) => {
        this.#hintAfter(settlements)
        this.#claimAll()
      },
    })
    this.#tracker = new Tracker({ db, hints, clock, log })
    this.#threads = new CellPool({ type: 'thread', entry: cellEntry, clock, heapMbMax: cellHeapMbMax })
    this.#processes = new CellPool({ type: 'process', entry: cellEntry, clock, heapMbMax: cellHeapMbMax })
    this.#attempts = new Attempts({
      ...options,
      threads: this.#threads,
      processes: this.#processes,
      settler: this.#settler,
      tracker: this.#tracker,
      limits: new JobLimits({ db, clock }),
      onOwn: (queue) => {
        for (const feed of this.#feeds) if (feed.queue === queue) feed.wantsSingles = true
      },
    })
    this.#feeds = openFeeds({
      ...options,
      start: (job, isQuarantined, ended) => this.#attempts.run(job, isQuarantined, ended),
      onFree: () => this.#claimAll(),
    })
    this.#hintAfter = settlementHints(hints, this.#feeds)
    this.#keeper = new Keeper({
      db,
      clock,
      log,
      leaseMs,
      hints,
      runnable: runnableOf([...options.contract.tasks.values()].filter((t) => options.handlers.entries.has(t.name))),
      audit: new LeaseAudit({ db, clock, worker: () => this.#id, isKnown: (lease) => this.#settler.knows(lease) }),
      learnLanes: () => learnLanes({ db, lanes: options.lanes, feeds: this.#feeds }),
      aliveMs: () => this.#heartbeat?.aliveMs() ?? 0,
      housekeeping: options.housekeeping ?? [],
      onWork: (lanes) => this.#onWork(lanes),
    })
    this.#poller = new Poller({
      db,
      feeds: this.#feeds,
      keeper: this.#keeper,
      worker: () => this.#id,
      clock,
      log,
      onWork: (lanes) => this.#onWork(lanes),
      onLook: () => this.#returnStranded(),
    })
  }

  async start(): Promise<void> {
    await this.#register()
    this.#tracker.open()
    this.#stopListening = this.#options.hints.listenForWork(({ lanes, hasDeferred }) => {
      if (lanes !== 'all' && lanes.length > 0) this.#onWork(lanes)
      if (lanes === 'all' || hasDeferred) this.#poller.wake() // a look costs less than a claim of every lane
    })
    this.#keeper.start()
    this.#poller.start()
    // a connection compiles the routines at its first claim: better now than when a job has come
    this.#onWork('all')
  }

  stop(options: StopOptions): Promise<void> {
    this.#stopping ??= this.#drain(options.drainMs)
    return this.#stopping
  }

  #onWork(lanes: readonly number[] | 'all'): void {
    for (const feed of this.#feeds) {
      for (const source of feed.sources)
        if (lanes === 'all' || source.hintedBy.some((lane) => lanes.includes(lane))) source.hasMore = true
      if (feed.hasMore) this.#claim(feed)
    }
  }

  #claimAll(): void {
    for (const feed of this.#feeds) if (feed.hasMore) this.#claim(feed)
  }

  /** Claims what there is room for, one claim per feed at a time. */
  #claim(feed: Feed): void {
    if (this.#isDraining || this.#claiming.has(feed)) return
    const countMax = this.#settler.unsettled >= UNSETTLED_COUNT_MAX ? 0 : feed.room
    const source = countMax === 0 ? undefined : feed.draw(random)
    if (source === undefined) return
    this.#claiming.add(feed)
    this.#group.run(this.#claimInto(feed, source, countMax))
  }

  async #claimInto(feed: Feed, source: Source, countMax: number): Promise<void> {
    try {
      const { packMax } = feed
      const { lane, isGoverned } = source
      const entries = await claim(this.#db, { lane, isGoverned, countMax, packMax, worker: this.#id })
      source.hasMore = entries.reduce((jobs, entry) => jobs + entry.count, 0) === countMax
      this.#settler.opened(entries)
      this.#claiming.delete(feed)
      if (this.#isDraining) this.#returnAll(jobsOf(entries))
      else this.#returnAll(feed.add(entries))
      if (feed.hasMore) this.#claim(feed)
    } catch (thrown) {
      this.#claiming.delete(feed)
      for (const one of feed.sources) one.hasMore = false // the next look finds them again, which looks at no others
      this.#keeper.claimFailed()
      this.#options.runtime.log.warn(
        { why: asError(thrown).message, queue: feed.queue },
        'claiming failed; it is tried again',
      )
    }
  }

  async #register(): Promise<void> {
    const { runtime, leaseMs, blockedMsMax } = this.#options
    const id = newRandomId()
    await registerWorker(this.#db, { id, leaseMs })
    this.#id = id
    this.#heartbeat = new Heartbeat({
      url: runtime.db.url,
      workerId: id,
      leaseMs,
      blockedMsMax,
      clock: runtime.clock,
      log: runtime.log,
      onLost: () => this.#group.run(this.#beginAgain()),
    })
  }

  /** Everything that was leased belongs to others now: let go of it and come back as a new worker, however long it takes. */
  async #beginAgain(): Promise<void> {
    const { log, clock } = this.#options.runtime
    log.error({ worker: this.#id }, 'this worker was declared dead; it drops its jobs and begins again')
    this.#attempts.abortAll()
    for (const feed of this.#feeds) this.#returnAll(feed.takeWaiting('all'))
    await this.#heartbeat?.stop()
    for (let waitMs = BEGIN_AGAIN_MS; !this.#isDraining; waitMs = Math.min(waitMs * 2, BEGIN_AGAIN_MS_MAX)) {
      try {
        await this.#register()
        this.#onWork('all')
        return
      } catch (thrown) {
        log.warn({ err: asError(thrown), againInMs: waitMs }, 'the worker could not register again')
        await clock.sleep(waitMs)
      }
    }
  }

  /** Jobs that wait behind slow ones here may find a free slot elsewhere. */
  #returnStranded(): void {
    for (const feed of this.#feeds) this.#returnAll(feed.takeWaiting('stranded'))
  }

  #returnAll(jobs: readonly ClaimedJob[]): void {
    for (const job of jobs) this.#settler.add(job, { kind: 'returned' })
  }

  /** Stops claiming, hands back what has not begun, waits for what runs, hands that back too when its time is up. */
  async #drain(drainMs: number): Promise<void> {
    const { runtime } = this.#options
    this.#isDraining = true
    this.#stopListening()
    const kept = this.#keeper.stop() // it has a deadline of its own, and what waits need not wait for it
    await this.#poller.stop()
    for (const feed of this.#feeds) this.#returnAll(feed.takeWaiting('all'))
    const deadline = runtime.clock.monotonic() + drainMs
    await this.#idleUntil(deadline)
    if (this.#attempts.size > 0) {
      this.#attempts.abortAll()
      await this.#idleUntil(runtime.clock.monotonic() + DRAIN_GRACE_MS)
    }
    await Promise.all([this.#threads.close(), this.#processes.close()])
    await this.#idleUntil(runtime.clock.monotonic() + DRAIN_GRACE_MS)
    // who is deaf to its signal is left to itself: its job goes back, its late end will change nothing
    this.#attempts.giveUp()
    await kept
    await this.#settleRest()
    this.#tracker.close()
    this.#attempts.close()
    await this.#heartbeat?.stop()
    await this.#db.end()
  }

  /** What cannot be made durable in time is left to rescue, like the jobs of a process that was killed. */
  async #settleRest(): Promise<void> {
    const { clock, log } = this.#options.runtime
    const late = (): Error => new Error(`not settled within ${SETTLE_REST_MS} ms`)
    try {
      // a claim that is still under way brings jobs that go back as well
      const rest = this.#group.settled().then(() => this.#settler.settled())
      await withDeadline(clock, SETTLE_REST_MS, rest, late)
    } catch (error) {
      log.warn({ err: error }, 'the last jobs could not be settled; they will be rescued')
    }
    this.#settler.abandon()
    await leave(this.#db, this.#id).catch((error: unknown) =>
      log.debug({ err: error }, 'leaving failed; the lease runs out'),
    )
  }

  async #idleUntil(deadline: number): Promise<void> {
    const { clock } = this.#options.runtime
    while (this.#attempts.size > 0 && clock.monotonic() < deadline) await clock.sleep(10)
  }
}
