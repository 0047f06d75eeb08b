/**
 * Fires schedules. Every worker process runs one and none leads: whoever inserts the row of a tick submits its job, in one
 * transaction, so that a tick is fired once however many try, and is not lost when one of them dies.
 */
import type { Contract } from '../contract/contract.ts'
import type { Schedule } from '../contract/schedule.ts'
import type { Database } from '../data/database.ts'
import { sql } from '../data/sql.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Service } from '../kernel/service.ts'
import type { Submit } from '../queue/submit.ts'
import { dueTicks, nextTickAfter } from './ticks.ts'

const read = sql(import.meta.url, 'sql/read-schedules.sql')
const insertTick = sql(import.meta.url, 'sql/insert-tick.sql')
const purgeTicks = sql(import.meta.url, 'sql/purge-ticks.sql')

/** The longest wait between two looks: the database's clock may jump. */
export const LOOK_MS_MAX = 30_000
const LOOK_MS_MIN = 5
/** Ticks are remembered so long. */
export const TICKS_KEPT_MS = 90 * 24 * 3_600_000

export interface SchedulerOptions {
  readonly contract: Contract
  readonly db: Database
  readonly submit: Submit
  readonly clock: Clock
  readonly log: Log
}

export function openScheduler(options: SchedulerOptions): Service & { look(): Promise<number> } {
  return new Scheduler(options)
}

class Scheduler implements Service {
  readonly #options: SchedulerOptions
  readonly #stopped = new AbortController()
  #loop: Promise<void> = Promise.resolve()

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    if (this.#options.contract.schedules.size > 0) this.#loop = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#loop
  }

  /** Fires what is due. Answers in how many milliseconds the next tick comes. */
  async look(): Promise<number> {
    const { contract, db } = this.#options
    const names = [...contract.schedules.keys()]
    const { rows } = await db.query<{ name: string; since_ms: number; now_ms: number }>(read, [names])
    let waitMs = LOOK_MS_MAX
    // a schedule that cannot be fired keeps none of the others from theirs
    const failures: Error[] = []
    for (const { name, since_ms, now_ms } of rows) {
      const schedule = contract.schedules.get(name)
      if (schedule === undefined) continue
      for (const dueMs of dueTicks(schedule, since_ms, now_ms)) {
        await this.#fire(schedule, dueMs).catch((thrown: unknown) => failures.push(asError(thrown)))
      }
      waitMs = Math.min(waitMs, (nextTickAfter(schedule, now_ms) ?? Number.POSITIVE_INFINITY) - now_ms)
    }
    await db.query(purgeTicks, [TICKS_KEPT_MS])
    if (failures[0] !== undefined) throw failures[0]
    return Math.max(LOOK_MS_MIN, waitMs)
  }

  async #fire(schedule: Schedule, dueMs: number): Promise<void> {
    const { db, submit, log } = this.#options
    await db.transaction(async (tx) => {
      const { rows } = await tx.query(insertTick, [schedule.name, dueMs])
      if (rows.length === 0) return
      const job = await submit(schedule.task, schedule.input)
      tx.afterCommit(() => log.info({ schedule: schedule.name, job: job.id }, 'a schedule was fired'))
    })
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    while (!this.#stopped.signal.aborted) {
      const waitMs = await this.look().catch((thrown: unknown) => {
        log.warn({ err: asError(thrown) }, 'schedules could not be looked at; they are tried again')
        return LOOK_MS_MAX / 10
      })
      await clock.sleep(waitMs, this.#stopped.signal)
    }
  }
}
