/** Submitting jobs: checked first, then written in the caller's own transaction, or merged with others into one. */
import { check, describeViolations } from '../contract/schema.ts'
import { PRIORITIES, type Priority, type Task, type TaskInput } from '../contract/task.ts'
import type { Database } from '../data/database.ts'
import { OpenTransaction, type Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { newId } from '../kernel/ids.ts'
import { appendJobs } from './append.ts'
import { queueErrors } from './errors.ts'
import { asQueryable, type ForeignTransaction } from './foreign-transaction.ts'
import type { Hints } from './hints.ts'
import type { Job } from './job.ts'
import type { Lanes, QueueLanes } from './lanes.ts'
import { MergedAppends } from './merge.ts'
import type { NewJob } from './new-job.ts'
import { checkKey, placeOf } from './place.ts'

export interface SubmitOptions {
  /** Joins this transaction: the job exists when and only when it commits. */
  readonly tx?: ForeignTransaction | Queryable
  /** Wait at least so many milliseconds before the first attempt: 0 to 10 years. */
  readonly delayMs?: number
  /** Instead of the task's own. */
  readonly priority?: Priority
  /** Instead of the task's own. Only in a queue with rules per key. */
  readonly key?: string
  /** Instead of the task's own. Only in a fair queue. */
  readonly tenant?: string
  /** A second submit of the same task with the same key answers the first one's job. 1 to 200 characters. */
  readonly idempotencyKey?: string
  /** How long the key holds, in milliseconds. */
  readonly idempotencyMs?: number
}

/** All but an idempotency key: that belongs to one job. */
export type SubmitManyOptions = Omit<SubmitOptions, 'idempotencyKey' | 'idempotencyMs'>
export type Submit = <T extends Task>(task: T, input: TaskInput<T>, options?: SubmitOptions) => Promise<Job>
export type SubmitMany = <T extends Task>(
  task: T,
  inputs: readonly TaskInput<T>[],
  options?: SubmitManyOptions,
) => Promise<readonly Job[]>

/** Bytes of JSON that one job's input may take. */
export const PAYLOAD_BYTES_MAX = 256 * 1024
export const IDEMPOTENCY_MS = 7 * 24 * 3_600_000
const DELAY_MS_MAX = 10 * 365 * 24 * 3_600_000
const BULK_COUNT_MAX = 5_000

export interface Submitter {
  /**
   * Submits one job. Inside `db.transaction` it joins that transaction; with `tx` it joins that one; otherwise it is
   * durable when the promise resolves, and concurrent calls share one insert.
   *
   * @throws MILLRACE_QUEUE_INPUT_INVALID, MILLRACE_QUEUE_PAYLOAD_TOO_LARGE, MILLRACE_QUEUE_OPTION_INVALID (nothing was
   * stored), MILLRACE_QUEUE_BACKLOG_FULL, and what the database says.
   * @example const job = await submit(renderPhoto, { photoId }, { idempotencyKey: photoId })
   */
  readonly submit: Submit
  /** Submits many jobs of one task in one transaction: all or none. Far faster than one at a time. */
  readonly submitMany: SubmitMany
}

export function openSubmitter(parts: {
  readonly db: Database
  readonly lanes: Lanes
  readonly hints: Hints
  readonly clock: Clock
}): Submitter {
  const { db, lanes, hints, clock } = parts
  const merged = new MergedAppends(db)

  async function submit<T extends Task>(task: T, input: TaskInput<T>, options: SubmitOptions = {}): Promise<Job> {
    const job = await newJob(task, input, options)
    const hint = (): void => (job.delayMs === null ? hints.workIn(job.lane) : hints.deferred())
    const tx = options.tx === undefined ? db.current : asQueryable(options.tx)
    if (tx === undefined) {
      const id = await merged.add(job)
      hint()
      return asJob(job, id)
    }
    const holders = await appendJobs(tx, [job])
    // a foreign transaction does not tell us when it commits: the hint may come too early, then the next poll finds the job
    if (tx instanceof OpenTransaction) tx.afterCommit(hint)
    else hint()
    return asJob(job, holders.get(0) ?? job.id)
  }

  async function submitMany<T extends Task>(
    task: T,
    inputs: readonly TaskInput<T>[],
    options: SubmitManyOptions = {},
  ): Promise<readonly Job[]> {
    const jobs: NewJob[] = []
    for (const input of inputs) jobs.push(await newJob(task, input, options))
    const append = async (tx: Queryable): Promise<void> => {
      for (let n = 0; n < jobs.length; n += BULK_COUNT_MAX) await appendJobs(tx, jobs.slice(n, n + BULK_COUNT_MAX))
      const lane = jobs[0]?.lane
      if (tx instanceof OpenTransaction && lane !== undefined) tx.afterCommit(() => hints.workIn(lane))
    }
    if (options.tx !== undefined) await append(asQueryable(options.tx))
    else await db.transaction(append)
    return jobs.map((job) => asJob(job, job.id))
  }

  async function newJob<T extends Task>(task: T, input: TaskInput<T>, options: SubmitOptions): Promise<NewJob> {
    const checked = await check(task.input, input)
    if (!checked.ok) {
      const violations = describeViolations(checked.violations)
      throw queueErrors.MILLRACE_QUEUE_INPUT_INVALID({ task: task.name, violations })
    }
    // the input is stored as it was given: the worker checks it again and gets what the schema makes of it
    const payload = JSON.stringify(input) ?? 'null'
    const bytes = Buffer.byteLength(payload)
    if (bytes > PAYLOAD_BYTES_MAX)
      throw queueErrors.MILLRACE_QUEUE_PAYLOAD_TOO_LARGE({ task: task.name, bytes, bytesMax: PAYLOAD_BYTES_MAX })
    const { delayMs = 0, priority = task.priority, idempotencyKey, idempotencyMs = IDEMPOTENCY_MS } = options
    checkRange('delayMs', delayMs, 0, DELAY_MS_MAX)
    checkPriority(priority)
    checkRange('idempotencyMs', idempotencyMs, 1, DELAY_MS_MAX)
    if (idempotencyKey !== undefined) checkKey('idempotencyKey', idempotencyKey)
    const queue = lanes.get(task.queue.name)
    return {
      lane: laneFor(queue, priority),
      id: newId(clock.now()),
      task: task.name,
      isTracked: task.tracked,
      payload,
      headers: null,
      delayMs: delayMs > 0 ? Math.ceil(delayMs) : null,
      idempotencyKey: idempotencyKey ?? null,
      idempotencyMs: Math.ceil(idempotencyMs),
      place: placeOf(task, input, { ...options, priority }, queue.policy),
    }
  }

  return { submit, submitMany }
}

/** Jobs of a queue with rules come in at one place; without, each priority has its lane. */
function laneFor({ policy, flow, ready }: QueueLanes, priority: Priority): number {
  return policy !== undefined && flow !== undefined ? flow.intake : ready[priority]
}

function asJob(job: NewJob, id: string): Job {
  return { id, task: job.task, isTracked: job.isTracked, isNew: id === job.id }
}

function checkRange(option: string, value: number, min: number, max: number): void {
  if (Number.isFinite(value) && value >= min && value <= max) return
  throw queueErrors.MILLRACE_QUEUE_OPTION_INVALID({ option, value, rule: `a number from ${min} to ${max}` })
}

function checkPriority(value: Priority): void {
  if (PRIORITIES.includes(value)) return
  throw queueErrors.MILLRACE_QUEUE_OPTION_INVALID({ option: 'priority', value, rule: PRIORITIES.join(', ') })
}
