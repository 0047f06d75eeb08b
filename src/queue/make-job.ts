/** What a submit asks for, checked and made into a job that only needs to be written. */
import { accessInWords, allows } from '../contract/access.ts'
import { check, describeViolations } from '../contract/schema.ts'
import { LIFE_MS_MAX, PRIORITIES, type Priority, type Task, type TaskInput } from '../contract/task.ts'
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { newId } from '../kernel/ids.ts'
import type { Actors } from './actors.ts'
import { checkDebounce, type Debounce } from './debounce.ts'
import { queueErrors } from './errors.ts'
import type { ForeignTransaction } from './foreign-transaction.ts'
import { headersOf } from './headers.ts'
import type { Lanes, QueueLanes } from './lanes.ts'
import type { NewJob } from './new-job.ts'
import type { Payloads } from './payload/payloads.ts'
import { checkKey, placeOf } from './place.ts'

export interface SubmitOptions {
  /** Joins this transaction: the job exists when and only when it commits. */
  readonly tx?: ForeignTransaction | Queryable
  /** Wait at least so many milliseconds before the first attempt: 0 to 10 years. */
  readonly delayMs?: number
  /** Wait until this moment, by the database's clock, 10 years at most. One that is past: at once. Not beside `delayMs`. */
  readonly runAt?: Date
  /** Instead of the task's own: how long it may wait for its first attempt once it is due, in milliseconds. */
  readonly ttlMs?: number
  /** Instead of the task's own. */
  readonly priority?: Priority
  /** Instead of the task's own. Only in a queue with rules per key. */
  readonly key?: string
  /** Instead of the task's own. Only in a fair queue. */
  readonly tenant?: string
  /**
   * A second submit of the same task with the same key answers the first one's job, ended or not, as long as the key holds.
   * 1 to 200 characters.
   */
  readonly idempotencyKey?: string
  /** How long the idempotency key holds, in milliseconds. */
  readonly idempotencyMs?: number
  /** Until a job of the same task with this key has ended, another submit answers that job. 1 to 200 characters. */
  readonly uniqueKey?: string
  /** Waits for silence, and then runs once, with the input of the last of these submits. */
  readonly debounce?: Debounce
}

/** All that does not belong to one job alone. */
export type SubmitManyOptions = Omit<SubmitOptions, 'idempotencyKey' | 'idempotencyMs' | 'uniqueKey' | 'debounce'>

export const IDEMPOTENCY_MS = 7 * 24 * 3_600_000
const DELAY_MS_MAX = 10 * 365 * 24 * 3_600_000

/**
 * Makes the job, under `id` when it is given.
 *
 * @throws MILLRACE_QUEUE_INPUT_INVALID, MILLRACE_QUEUE_OPTION_INVALID, MILLRACE_QUEUE_UNKNOWN, MILLRACE_QUEUE_SUBMIT_DENIED, what `Payloads.encode` throws.
 */
export async function makeJob<T extends Task>(
  parts: { readonly lanes: Lanes; readonly clock: Clock; readonly payloads: Payloads; readonly actors?: Actors },
  task: T,
  input: TaskInput<T>,
  options: SubmitOptions,
  id: string = newId(parts.clock.now()),
): Promise<NewJob> {
  const actor = actorFor(task, parts.actors)
  const checked = await check(task.input, input)
  if (!checked.ok) {
    const violations = describeViolations(checked.violations)
    throw queueErrors.MILLRACE_QUEUE_INPUT_INVALID({ task: task.name, violations })
  }
  // the input is stored as it was given: the worker checks it again and gets what the schema makes of it
  const text = JSON.stringify(input) ?? 'null'
  const { delayMs = 0, priority = task.priority, idempotencyMs = IDEMPOTENCY_MS } = options
  checkOptions({ ...options, delayMs, priority, idempotencyMs })
  const runAtMs = options.runAt === undefined ? null : checkMoment('runAt', options.runAt, parts.clock.now())
  const queue = parts.lanes.get(task.queue.name)
  const place = placeOf(task, input, { ...options, priority }, queue.policy)
  // the last thing that may fail: a large input is in its blob by then
  const payload = parts.payloads.encode(task, id, text)
  return {
    lane: laneFor(queue, priority, parts.clock.now()),
    id,
    task: task.name,
    isTracked: task.tracked,
    payload: typeof payload === 'string' ? payload : await payload,
    headers: headersOf(task, options, actor),
    delayMs: delayMs > 0 ? Math.ceil(delayMs) : null,
    runAtMs,
    idempotencyKey: options.idempotencyKey ?? options.uniqueKey ?? null,
    // a unique key is given back by the job's end; should that be lost, it does not hold for ever
    idempotencyMs: options.uniqueKey === undefined ? Math.ceil(idempotencyMs) : DELAY_MS_MAX,
    isUnique: options.uniqueKey !== undefined,
    place,
  }
}

/** In whose name it is submitted. @throws MILLRACE_QUEUE_SUBMIT_DENIED */
function actorFor(task: Task, actors: Actors | undefined): string | undefined {
  const actor = actors?.current
  const mayUse = actor === undefined || task.access === undefined || allows(task.access, actor.principal)
  if (mayUse) return actor?.principal?.account
  throw queueErrors.MILLRACE_QUEUE_SUBMIT_DENIED({ task: task.name, needs: accessInWords(task.access) })
}

/** Partitions are filled by turns, so long at a time: what is submitted together stays together, and is packed. */
export const PARTITION_MS = 5

/** Jobs of a queue with rules come in at one place; without, each priority has its lanes. */
function laneFor(queue: QueueLanes, priority: Priority, nowMs: number): number {
  const { policy, flow, ready, partitions, partitionCount } = queue
  if (policy !== undefined && flow !== undefined) return flow.intake
  const turn = partitionCount === 1 ? 0 : Math.floor(nowMs / PARTITION_MS) % partitionCount
  return partitions[priority][turn] ?? ready[priority]
}

type Given = SubmitOptions & Required<Pick<SubmitOptions, 'delayMs' | 'priority' | 'idempotencyMs'>>

function checkOptions(given: Given): void {
  const { delayMs, runAt, ttlMs, priority, idempotencyKey, idempotencyMs, uniqueKey, debounce } = given
  checkRange('delayMs', delayMs, 0, DELAY_MS_MAX)
  checkRange('idempotencyMs', idempotencyMs, 1, DELAY_MS_MAX)
  if (ttlMs !== undefined) checkRange('ttlMs', ttlMs, 1, LIFE_MS_MAX)
  if (!PRIORITIES.includes(priority)) throw refused('priority', priority, PRIORITIES.join(', '))
  if (idempotencyKey !== undefined) checkKey('idempotencyKey', idempotencyKey)
  if (uniqueKey !== undefined) checkKey('uniqueKey', uniqueKey)
  if (debounce !== undefined) checkDebounce(debounce)
  const keys = Object.entries({ idempotencyKey, uniqueKey, 'debounce.key': debounce?.key })
  const [, second] = keys.filter(([, key]) => key !== undefined)
  if (second !== undefined) throw refused(...second, 'alone: one of idempotencyKey, uniqueKey and debounce')
  const waits = Object.entries({ debounce, delayMs: delayMs > 0 ? delayMs : undefined, runAt })
  const [wait, other] = waits.filter(([, value]) => value !== undefined)
  if (wait !== undefined && other !== undefined) throw refused(...other, `left out: ${wait[0]} says when it is to run`)
}

function checkRange(option: string, value: number, min: number, max: number): void {
  if (Number.isFinite(value) && value >= min && value <= max) return
  throw refused(option, value, `a number from ${min} to ${max}`)
}

/** A moment in ms since 1970. @throws MILLRACE_QUEUE_OPTION_INVALID */
function checkMoment(option: string, moment: Date, nowMs: number): number {
  const ms = moment instanceof Date ? moment.getTime() : Number.NaN
  if (ms >= 0 && ms <= nowMs + DELAY_MS_MAX) return ms
  throw refused(option, moment, 'a Date from 1970 to ten years from now')
}

function refused(option: string, value: unknown, rule: string): Error {
  return queueErrors.MILLRACE_QUEUE_OPTION_INVALID({ option, value, rule })
}
