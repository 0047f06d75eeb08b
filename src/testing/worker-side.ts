/**
 * The worker side of an application under test: a real worker in this process, which runs while `untilIdle` waits for it and
 * at no other time. When the test kills it, the next one takes over as in production: the dead one is declared dead, its
 * jobs are rescued, a new worker runs them again.
 */
import type { App } from '../app/define-app.ts'
import { appErrors } from '../app/errors.ts'
import { openParts } from '../app/parts.ts'
import type { Settings } from '../app/settings.ts'
import { openAppWorker } from '../app/worker-process.ts'
import type { Database } from '../data/database.ts'
import { sql } from '../data/sql.ts'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Service } from '../kernel/service.ts'
import { rescue } from '../queue/workers.ts'
import type { Handlers } from '../worker/handler.ts'
import { testingErrors } from './errors.ts'
import { FailingDatabase, FailingEngineDatabase } from './failing-database.ts'
import type { Failures } from './failures.ts'
import { isIdle, lanesOfHandlers } from './idle.ts'
import { Life } from './life.ts'
import type { LocalHints } from './local-hints.ts'
import { type RanJob, RanJobs } from './ran-jobs.ts'
import { clockForIds, type VirtualClock } from './virtual-clock.ts'
import { watchedHandlers } from './watched-handlers.ts'

const declareDead = sql(import.meta.url, 'sql/declare-dead.sql')
const releaseQuarantined = sql(import.meta.url, 'sql/release-quarantined.sql')
const endConnections = sql(import.meta.url, 'sql/end-connections.sql')

export interface WorkerSideParts {
  readonly app: App
  readonly settings: Settings
  /** The test's own: nothing that is ordered happens to it. */
  readonly db: Database
  readonly hints: LocalHints
  readonly clock: VirtualClock
  readonly failures: Failures
  readonly log: Log
  /** Jobs of one queue that run at a time. */
  readonly concurrency: number
}

const START_MS_MAX = 10_000
const STOP_MS = 2_000
const LOOK_MS = 5
const END_CONNECTION_MS_MAX = 5_000

/** One worker from its start to its end. */
interface Run {
  readonly life: Life
  readonly worker: Service
  /** The names of its connections. */
  readonly connections: readonly string[]
}

export class WorkerSide {
  readonly #parts: WorkerSideParts
  readonly #stopping = new Set<Promise<void>>()
  #handlers: Handlers | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: WorkerSideParts) {
    this.#parts = parts
  }

  /** @throws MILLRACE_APP_HAS_NO_SIDE */
  async handlers(): Promise<Handlers> {
    const { app } = this.#parts
    if (app.worker === undefined) throw appErrors.MILLRACE_APP_HAS_NO_SIDE({ app: app.name, side: 'worker' })
    this.#handlers ??= (await app.worker()).default
    return this.#handlers
  }

  /**
   * Works until nothing is left that can be done now. Calls take turns.
   *
   * @throws MILLRACE_TESTING_NOT_IDLE; what was running is abandoned then, as if its process had been killed.
   */
  untilIdle(timeoutMs: number): Promise<readonly RanJob[]> {
    const ran = this.#turn.then(() => this.#workUntilIdle(timeoutMs))
    this.#turn = ran.catch(() => {})
    return ran
  }

  /** Resolves when every worker has let go of the database. */
  async close(): Promise<void> {
    await this.#turn
    await Promise.all(this.#stopping)
  }

  async #workUntilIdle(timeoutMs: number): Promise<readonly RanJob[]> {
    const { db, clock } = this.#parts
    const giveUpAt = systemClock.monotonic() + timeoutMs
    const handlers = await this.handlers()
    const lanes = await lanesOfHandlers(db, this.#parts.app.contract, handlers)
    const jobs = await RanJobs.begin(db)
    for (;;) {
      const run = await this.#start(handlers, jobs)
      const end = await this.#waitFor(run, lanes, giveUpAt)
      if (end === 'idle') {
        this.#stop(run)
        return jobs.told()
      }
      const left = [...jobs.running, ...(clock.waitingCount > 0 ? [waitingFor(clock)] : [])]
      await this.#bury(run)
      jobs.forgetRunning()
      if (end === 'late')
        throw testingErrors.MILLRACE_TESTING_NOT_IDLE({ timeoutMs, left: left.length > 0 ? left : ['jobs wait'] })
    }
  }

  async #start(handlers: Handlers, jobs: RanJobs): Promise<Run> {
    const { app, settings, clock, failures, hints, concurrency } = this.#parts
    const life = new Life({ failures, clock, isMortal: true })
    const log = this.#parts.log.child({})
    void life.over.then(() => {
      log.level = 'silent' // the dead say nothing
    })
    const name = `millrace test ${newRandomId().slice(0, 8)}`
    const connections = [`${name} handlers`, `${name} engine`] as const
    const db = new FailingDatabase(
      {
        url: this.#parts.db.url,
        poolMax: settings.DATABASE_POOL_MAX,
        applicationName: connections[0],
        clock: systemClock,
        log,
      },
      life,
    )
    const parts = openParts(app, settings, 'worker', { db, hints, clock: clockForIds(life.clock), log })
    await parts.lanes.open(this.#parts.db)
    const worker = openAppWorker(
      { ...parts, clock: life.clock, blobs: life.holds(parts.blobs), client: life.asks(parts.client) },
      watchedHandlers(handlers, { life, clock, concurrency, onAttempt: (job, input) => jobs.attempt(job, input) }),
      { openDatabase: (options) => new FailingEngineDatabase({ ...options, applicationName: connections[1] }, life) },
    )
    await worker.start(AbortSignal.timeout(START_MS_MAX))
    return {
      life,
      worker: { start: worker.start, stop: (options) => worker.stop(options).then(() => endUnless(life, db)) },
      connections,
    }
  }

  async #waitFor({ life }: Run, lanes: readonly number[], giveUpAt: number): Promise<'idle' | 'killed' | 'late'> {
    const { db, hints } = this.#parts
    while (systemClock.monotonic() < giveUpAt) {
      if (life.isOver) return 'killed'
      const looked = await isIdle(db, lanes)
      if (looked === 'idle' && !life.isOver) return 'idle'
      // jobs that somebody has put there without telling
      if (looked === 'waiting') hints.all()
      await Promise.race([systemClock.sleep(LOOK_MS), life.over])
    }
    return life.isOver ? 'killed' : 'late'
  }

  /** It claims nothing more from here on; the rest of its end need not be waited for. */
  #stop({ worker }: Run): void {
    const stopped: Promise<void> = worker.stop({ drainMs: STOP_MS }).finally(() => this.#stopping.delete(stopped))
    this.#stopping.add(stopped)
    stopped.catch(() => {}) // told by `close`
  }

  /** The worker is dead: its connections break, the others find out and take its jobs. */
  async #bury({ life, worker, connections }: Run): Promise<void> {
    const { db } = this.#parts
    life.kill()
    await db.query(endConnections, [connections, END_CONNECTION_MS_MAX])
    await worker.stop({ drainMs: 0 })
    await db.query(declareDead)
    while ((await rescue(db, { expiredToo: false })).length > 0) {}
    await db.query(releaseQuarantined)
  }
}

/** In a life that was killed, handlers hold connections that they never give back; the server has ended them. */
async function endUnless(life: Life, db: Database): Promise<void> {
  if (!life.isOver) await db.end()
}

function waitingFor(clock: VirtualClock): string {
  return `${clock.waitingCount} timers wait for the clock, the first for ${(clock.nextDueAt ?? 0) - clock.now()} ms more`
}
