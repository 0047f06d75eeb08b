/** What schedules have done, and when they come next. */
import type { Schedule } from '../contract/schedule.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { nextTickAfter } from './ticks.ts'

const listStatement = sql(import.meta.url, 'sql/list-schedules.sql')

export interface ScheduleOverview {
  readonly schedule: string
  /** Null: this release has none of that name; the database remembers one. So are the others that only a release knows. */
  readonly cron: string | null
  readonly zone: string | null
  readonly task: string | null
  /** Nothing is fired from before. Null: no worker of a release with this schedule has started yet. */
  readonly firstSeenAt: Date | null
  /** The last tick that was fired, and when that was: late, if nothing ran at the time. */
  readonly lastTick: { readonly dueAt: Date; readonly firedAt: Date } | null
  /** The next ticks, soonest first. */
  readonly nextAt: readonly Date[]
}

interface Row {
  readonly name: string | null
  readonly first_seen_at: Date | null
  readonly last_due_at: Date | null
  readonly last_fired_at: Date | null
  readonly now: Date
}

/** The schedules of a release, and those that the database remembers of others, by name; with the next `nextCount` ticks. */
export async function listSchedules(
  db: Queryable,
  schedules: ReadonlyMap<string, Schedule>,
  nextCount: number,
): Promise<readonly ScheduleOverview[]> {
  const { rows } = await db.query<Row>(listStatement)
  const nowMs = rows[0]?.now.getTime() ?? 0
  const known = new Map(rows.map((row) => [row.name, row]))
  const names = new Set([...schedules.keys(), ...rows.flatMap((row) => row.name ?? [])])
  return [...names].sort().map((name) => {
    const schedule = schedules.get(name)
    const row = known.get(name)
    const { last_due_at: dueAt = null, last_fired_at: firedAt = null } = row ?? {}
    return {
      schedule: name,
      cron: schedule?.cron ?? null,
      zone: schedule?.zone ?? null,
      task: schedule?.task.name ?? null,
      firstSeenAt: row?.first_seen_at ?? null,
      lastTick: dueAt === null || firedAt === null ? null : { dueAt, firedAt },
      nextAt: schedule === undefined ? [] : nextTicks(schedule, nowMs, nextCount),
    }
  })
}

function nextTicks(schedule: Schedule, afterMs: number, countMax: number): readonly Date[] {
  const ticks: Date[] = []
  for (let at: number | undefined = afterMs; ticks.length < countMax; ) {
    at = nextTickAfter(schedule, at)
    if (at === undefined) return ticks
    ticks.push(new Date(at))
  }
  return ticks
}
