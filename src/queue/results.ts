/** The result of a tracked job, awaited from whatever process: the one that submitted it, or any other that knows its id. */
import { check, describeViolations, type Schema, type SchemaOutput } from '../contract/schema.ts'
import type { Task } from '../contract/task.ts'
import type { Database } from '../data/database.ts'
import type { Clock } from '../kernel/clock.ts'
import { isMillraceError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { queueErrors } from './errors.ts'
import type { Hints } from './hints.ts'
import { OperationWatch } from './operation-watch.ts'
import { getOperation, type Operation } from './operations.ts'

export interface ResultOptions {
  /** How long to wait at most, in milliseconds. */
  readonly timeoutMs?: number
  /** Stops waiting. The job goes on. */
  readonly signal?: AbortSignal
}

/** What a task's handler returned, as its output schema makes it. */
export type TaskResult<T extends Task> = T extends Task<Schema, infer Out> ? SchemaOutput<Out> : never

export type ResultOf = <T extends Task>(
  task: T,
  job: string | { readonly id: string },
  options?: ResultOptions,
) => Promise<TaskResult<T>>

export const RESULT_MS = 30_000

/**
 * Answers `resultOf`. All who wait in a process share one loop, woken by hints and, should those be lost, once a second.
 *
 * A handler that waits for another job holds its slot meanwhile: when every slot of a queue waits for jobs of the same
 * queue, none of them will run. Let such jobs have queues of their own.
 *
 * @throws (by `resultOf`) MILLRACE_QUEUE_OPERATION_UNKNOWN, MILLRACE_QUEUE_JOB_FAILED, MILLRACE_QUEUE_JOB_CANCELLED,
 * MILLRACE_QUEUE_RESULT_LATE, MILLRACE_QUEUE_RESULT_INSIDE, MILLRACE_QUEUE_RESULT_UNTRACKED,
 * MILLRACE_QUEUE_RESULT_INVALID, the reason of `signal`.
 * @example const { renditions } = await resultOf(renderPhoto, job, { timeoutMs: 60_000 })
 */
export function openResults(parts: {
  readonly db: Database
  readonly hints: Hints
  readonly clock: Clock
  readonly log: Log
}): ResultOf {
  const { db, clock } = parts
  const watch = new OperationWatch(parts)

  return async function resultOf<T extends Task>(
    task: T,
    job: string | { readonly id: string },
    options: ResultOptions = {},
  ): Promise<TaskResult<T>> {
    const id = typeof job === 'string' ? job : job.id
    // its own job is not even committed: it would wait for itself
    if (db.current !== undefined) throw queueErrors.MILLRACE_QUEUE_RESULT_INSIDE({ id })
    const operation = await getOperation(db, id).catch((thrown: unknown) => {
      // asked all the same: the task may have been tracked when this job was submitted
      const isUnknown = isMillraceError(thrown, 'MILLRACE_QUEUE_OPERATION_UNKNOWN')
      throw isUnknown && !task.tracked ? queueErrors.MILLRACE_QUEUE_RESULT_UNTRACKED({ id, task: task.name }) : thrown
    })
    const ended = hasEnded(operation) ? operation : await untilEnded(operation, options)
    return resultIn(task, ended)
  }

  async function untilEnded(
    operation: Operation,
    { timeoutMs = RESULT_MS, signal }: ResultOptions,
  ): Promise<Operation> {
    const { id, version } = operation
    const ended = Promise.withResolvers<Operation>()
    const unwatch = watch.watch(id, version, (next) => {
      if (hasEnded(next)) ended.resolve(next)
    })
    const late = clock.after(timeoutMs, () =>
      ended.reject(queueErrors.MILLRACE_QUEUE_RESULT_LATE({ id, status: operation.status, timeoutMs })),
    )
    const abort = (): void => ended.reject(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    try {
      return await ended.promise
    } finally {
      unwatch()
      late.cancel()
      signal?.removeEventListener('abort', abort)
    }
  }
}

function hasEnded({ status }: Operation): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}

async function resultIn<T extends Task>(task: T, { id, status, result, error }: Operation): Promise<TaskResult<T>> {
  if (status === 'cancelled') throw queueErrors.MILLRACE_QUEUE_JOB_CANCELLED({ id })
  if (status === 'failed')
    throw queueErrors.MILLRACE_QUEUE_JOB_FAILED({ id, code: error?.code ?? '', message: error?.message ?? '' })
  if (task.output === undefined) return undefined as TaskResult<T>
  const checked = await check(task.output, result)
  if (checked.ok) return checked.value as TaskResult<T>
  const violations = describeViolations(checked.violations)
  throw queueErrors.MILLRACE_QUEUE_RESULT_INVALID({ id, task: task.name, violations })
}
