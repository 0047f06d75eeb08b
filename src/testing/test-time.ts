/**
 * The time of an application under test: one for its code, its engine and its database. It stands still between two calls of
 * `advance`, so a slow machine never makes a job due that the test has not made due.
 */
import type { Schedule } from '../contract/schedule.ts'
import type { Database } from '../data/database.ts'
import { sql } from '../data/sql.ts'
import { nextTickAfter } from '../schedule/ticks.ts'
import { VirtualClock } from './virtual-clock.ts'

const renewLeases = sql(import.meta.url, 'sql/renew-leases.sql')

/** Stops on the way of one `advance`. Past it the clock jumps, as if nothing had run meanwhile. */
export const STOP_COUNT_MAX = 1_000

export interface TestTimeParts {
  /** The test's own. */
  readonly db: Database
  readonly schedules: readonly Schedule[]
  /** Fires the schedules that are due. */
  readonly look: () => Promise<unknown>
  readonly nowMs: number
}

export class TestTime {
  readonly clock: VirtualClock
  readonly #parts: TestTimeParts
  #turn: Promise<void> = Promise.resolve()

  constructor(parts: TestTimeParts) {
    this.#parts = parts
    this.clock = new VirtualClock(parts.nowMs)
  }

  /** Stops the database's clock, and lets the schedules begin. */
  open(): Promise<void> {
    return this.#moveTo(this.clock.now())
  }

  /**
   * Moves on, from one moment at which something is due to the next: a tick of a schedule, a timer of the code under test.
   * Calls take turns.
   */
  advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`the time of a test only goes on: ${ms} ms`)
    const moved = this.#turn.then(() => this.#goTo(this.clock.now() + Math.round(ms)))
    this.#turn = moved.catch(() => {})
    return moved
  }

  async #goTo(targetMs: number): Promise<void> {
    for (let stops = 0; stops < STOP_COUNT_MAX; stops += 1) {
      const nextMs = Math.min(this.#nextTick(), this.clock.nextDueAt ?? Number.POSITIVE_INFINITY)
      if (nextMs >= targetMs) break
      await this.#moveTo(nextMs)
    }
    await this.#moveTo(targetMs)
  }

  async #moveTo(nowMs: number): Promise<void> {
    const { db, schedules, look } = this.#parts
    const now = new Date(nowMs).toISOString()
    await db.outsideTransaction(() =>
      db.transaction(async (tx) => {
        await tx.query(
          `create or replace function millrace.now() returns timestamptz language sql volatile parallel safe
             as 'select timestamptz ''${now}'''`,
        )
        await tx.query(renewLeases)
      }),
    )
    this.clock.moveTo(nowMs)
    if (schedules.length > 0) await db.outsideTransaction(look)
    await new Promise((resolve) => setImmediate(resolve)) // what was woken goes on
  }

  #nextTick(): number {
    const nowMs = this.clock.now()
    return Math.min(...this.#parts.schedules.map((s) => nextTickAfter(s, nowMs) ?? Number.POSITIVE_INFINITY))
  }
}
