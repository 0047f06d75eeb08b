/** Submits that wait for silence: of many that come soon after one another under a key, one job, with the last one's input. */
import { strict as assert } from 'node:assert'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { queueErrors } from './errors.ts'
import type { NewJob } from './new-job.ts'
import { checkKey } from './place.ts'

const debounceStatement = sql(import.meta.url, 'sql/debounce.sql')
const appendStatement = sql(import.meta.url, 'sql/append-debounced.sql')

export interface Debounce {
  /** 1 to 200 characters; keys of different tasks are apart. */
  readonly key: string
  /** The job starts after so many milliseconds in which no other submit came: 1 to a day. */
  readonly waitMs: number
  /** It starts this long after the first submit at the latest, however many follow: waitMs to a week. Default: ten times waitMs, a week at most. */
  readonly maxWaitMs?: number
}

const DAY_MS = 24 * 3_600_000
const WEEK_MS = 7 * DAY_MS
const WAITS_MAX = 10

/** @throws MILLRACE_QUEUE_OPTION_INVALID */
export function checkDebounce({ key, waitMs, maxWaitMs = waitMs }: Debounce): void {
  checkKey('debounce.key', key)
  const checkTime = (option: string, value: number, min: number, max: number): void => {
    if (Number.isInteger(value) && value >= min && value <= max) return
    throw queueErrors.MILLRACE_QUEUE_OPTION_INVALID({ option, value, rule: `a whole number from ${min} to ${max}` })
  }
  checkTime('debounce.waitMs', waitMs, 1, DAY_MS)
  checkTime('debounce.maxWaitMs', maxWaitMs, waitMs, WEEK_MS)
}

/**
 * Submits a job that waits, or gives the one that waits under the key the input of this submit. Only inside a transaction.
 *
 * @param jobOf makes the job under the id that it will have: what is encrypted belongs to one id.
 */
export async function appendDebounced(
  tx: Queryable,
  of: { readonly task: string; readonly newId: string; readonly debounce: Debounce },
  jobOf: (id: string) => Promise<NewJob>,
): Promise<Pick<NewJob, 'id' | 'task' | 'isTracked'>> {
  const { key, waitMs, maxWaitMs = Math.min(waitMs * WAITS_MAX, WEEK_MS) } = of.debounce
  const { rows } = await tx.query<{ job: string; due_at: string }>(debounceStatement, [
    [of.task, key],
    of.newId,
    waitMs,
    maxWaitMs,
  ])
  const [found] = rows
  assert.ok(found !== undefined, 'a debounce always answers a job')
  const { lane, id, task, isTracked, payload, headers, place } = await jobOf(found.job)
  await tx.query(appendStatement, [
    [found.due_at, id, task, payload],
    lane,
    isTracked,
    headers,
    place?.key ?? null,
    place?.tenant ?? null,
    place?.priority ?? null,
  ])
  return { id, task, isTracked }
}
