/** Which ticks of a schedule are due. A pure computation, over croner's reading of the pattern in its zone. */
import { Cron } from 'croner'
import type { Schedule } from '../contract/schedule.ts'

/** A tick that is at most this late is fired, whatever the schedule says about catching up: no process is always on time. */
export const LATE_MS = 60_000

/**
 * The ticks after `sinceMs` and up to `nowMs` that are to be fired, oldest first: those not older than the schedule's
 * catchUpMs, and of the late ones only the newest catchUpCountMax.
 */
export function dueTicks(schedule: Schedule, sinceMs: number, nowMs: number): readonly number[] {
  const { catchUpMs, catchUpCountMax } = schedule
  const cron = open(schedule)
  const ticks: number[] = []
  const kept = Math.max(1, catchUpCountMax)
  const windowMs = catchUpCountMax === 0 ? LATE_MS : Math.max(catchUpMs, LATE_MS)
  for (let at = Math.max(sinceMs, nowMs - windowMs); ; ) {
    const next = nextTick(cron, at)
    if (next === undefined || next > nowMs) return ticks
    ticks.push(next)
    if (ticks.length > kept) ticks.shift()
    at = next
  }
}

/** When a schedule comes next after `afterMs`; undefined when never. */
export function nextTickAfter(schedule: Schedule, afterMs: number): number | undefined {
  return nextTick(open(schedule), afterMs)
}

function open(schedule: Schedule): Cron {
  return new Cron(schedule.cron, { timezone: schedule.zone, paused: true })
}

/** croner may answer the tick it was given when the clocks go back: only a later one is the next. */
function nextTick(cron: Cron, afterMs: number): number | undefined {
  const next = cron.nextRun(new Date(afterMs))?.getTime()
  return next !== undefined && next > afterMs ? next : undefined
}
