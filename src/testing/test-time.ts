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

/** Ticks of one schedule on the way of one `advance`. One that has more is left alone until the end of the way. */
export const TICK_COUNT_MAX = 100
/** Timers of the code under test at which one `advance` stops. Past it the clock jumps. */
export const TIMER_COUNT_MAX = 1_000

export interface TestTimeParts {
  /** The test's own. */
  readonly db: Database
  readonly schedules: readonly Schedule[]
  /** Fires those of these schedules that are due. */
  readonly look: (schedules: readonly Schedule[]) => Promise<unknown>
  readonly nowMs: number
}

interface Tick {
  readonly at: number
  readonly schedules: readonly Schedule[]
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
    return this.#moveTo(this.clock.now(), this.#parts.schedules)
  }

  /**
   * Moves on, from one moment at which something is due to the next: a tick of a schedule, a timer of the code under test.
   * To a schedule with more than TICK_COUNT_MAX ticks on the way it is as if nothing had run meanwhile: what it says of
   * catching up counts. Calls take turns.
   */
  advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`the time of a test only goes on: ${ms} ms`)
    const moved = this.#turn.then(() => this.#goTo(this.clock.now() + Math.round(ms)))
    this.#turn = moved.catch(() => {})
    return moved
  }

  async #goTo(targetMs: number): Promise<void> {
    const ticks = this.#ticksUntil(targetMs)
    for (let timers = 0; timers < TIMER_COUNT_MAX; ) {
      const tick = ticks[0]?.at ?? Number.POSITIVE_INFINITY
      const timer = this.clock.nextDueAt ?? Number.POSITIVE_INFINITY
      if (Math.min(tick, timer) >= targetMs) break
      if (timer < tick) timers += 1
      await this.#moveTo(Math.min(tick, timer), timer < tick ? [] : (ticks.shift()?.schedules ?? []))
    }
    await this.#moveTo(targetMs, this.#parts.schedules)
  }

  async #moveTo(nowMs: number, due: readonly Schedule[]): Promise<void> {
    const { db, look } = this.#parts
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
    if (due.length > 0) await db.outsideTransaction(() => look(due))
    await new Promise((resolve) => setImmediate(resolve)) // what was woken goes on
  }

  /** In their order, those of one moment together. */
  #ticksUntil(targetMs: number): Tick[] {
    const ticks = this.#parts.schedules.flatMap((schedule) =>
      ticksOf(schedule, this.clock.now(), targetMs).map((at) => ({ at, schedule })),
    )
    return [...Map.groupBy(ticks, (tick) => tick.at)]
      .map(([at, those]) => ({ at, schedules: those.map((tick) => tick.schedule) }))
      .sort((a, b) => a.at - b.at)
  }
}

/** None of a schedule that has too many. */
function ticksOf(schedule: Schedule, fromMs: number, targetMs: number): readonly number[] {
  const ticks: number[] = []
  for (let at = nextTickAfter(schedule, fromMs); at !== undefined && at <= targetMs; at = nextTickAfter(schedule, at)) {
    if (ticks.length === TICK_COUNT_MAX) return []
    ticks.push(at)
  }
  return ticks
}
