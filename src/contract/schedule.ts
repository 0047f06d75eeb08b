/** A schedule: when a task is submitted by itself. */
import { Cron } from 'croner'
import { asError } from '../kernel/errors.ts'
import { contractErrors } from './errors.ts'
import { checkPolicy } from './policy.ts'
import { checkName } from './schema.ts'
import type { Task, TaskInput } from './task.ts'

export interface Schedule<T extends Task = Task> {
  readonly name: string
  /** Five fields: minute, hour, day of month, month, weekday. */
  readonly cron: string
  /** IANA zone in which the fields are read. */
  readonly zone: string
  readonly task: T
  readonly input: TaskInput<T>
  /** Ticks missed while nothing ran are fired late when they are at most this old, in milliseconds … */
  readonly catchUpMs: number
  /** … and at most so many of them, the newest. */
  readonly catchUpCountMax: number
}

export interface ScheduleOptions<T extends Task> {
  readonly cron: string
  readonly zone?: string
  readonly task: T
  readonly input: TaskInput<T>
  readonly catchUpMs?: number
  readonly catchUpCountMax?: number
}

export const SCHEDULE_DEFAULTS = Object.freeze({ zone: 'UTC', catchUpMs: 24 * 3_600_000, catchUpCountMax: 1 })
export const CATCH_UP_COUNT_MAX = 1_000
/** All five fields with each of their values are shorter. */
const CRON_CHARS_MAX = 1_000

/**
 * Declares a schedule. Each tick submits one job, however many processes run. A local time that a change of clocks
 * skips is fired at the first moment after it; one that happens twice is fired once.
 *
 * @throws MILLRACE_CONTRACT_CRON_INVALID, MILLRACE_CONTRACT_NAME_INVALID, MILLRACE_CONTRACT_POLICY_INVALID
 * @example schedule('purge.nightly', { cron: '30 3 * * *', zone: 'Europe/Berlin', task: purge, input: {} })
 */
export function schedule<T extends Task>(name: string, options: ScheduleOptions<T>): Schedule<T> {
  const { cron, zone, task, input, catchUpMs, catchUpCountMax } = { ...SCHEDULE_DEFAULTS, ...options }
  checkPolicy(name, 'catchUpMs', catchUpMs, 0, 31 * 24 * 3_600_000)
  checkPolicy(name, 'catchUpCountMax', catchUpCountMax, 0, CATCH_UP_COUNT_MAX)
  checkName('schedule', name)
  try {
    if (cron.length > CRON_CHARS_MAX) throw new Error(`it is longer than ${CRON_CHARS_MAX} characters`)
    if (cron.trim().split(/\s+/).length !== 5) throw new Error('it has not five fields')
    new Intl.DateTimeFormat('en', { timeZone: zone })
    if (new Cron(cron, { timezone: zone, paused: true }).nextRun() === null) throw new Error('it never comes')
  } catch (thrown) {
    throw contractErrors.MILLRACE_CONTRACT_CRON_INVALID(
      { schedule: name, cron: cron.slice(0, CRON_CHARS_MAX), zone, why: asError(thrown).message },
      thrown,
    )
  }
  return Object.freeze({ name, cron, zone, task, input, catchUpMs, catchUpCountMax })
}
