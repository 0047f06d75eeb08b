/** What a user writes in the worker: handlers, and where each is loaded from. */

import type { Task, TaskOutput } from '../contract/task.ts'
import type { Attempt } from './attempt.ts'
import type { BatchHandler, BatchOptions } from './batch.ts'
import { workerErrors } from './errors.ts'

export interface Handler<T extends Task = Task> {
  readonly task: T
  /** One call serves the jobs of many: it runs in nobody's name. */
  readonly isOfMany?: boolean
  run(attempt: Attempt<T>): Promise<TaskOutput<T>>
}

/**
 * Declares the code of a task. The default export of the file that `handlers` names.
 *
 * @example
 * export default handler(renderPhoto, async ({ input, progress, signal, transaction }) => { … })
 */
export function handler<T extends Task>(task: T, run: (attempt: Attempt<T>) => Promise<TaskOutput<T>>): Handler<T> {
  return Object.freeze({ task, run })
}

/**
 * Where attempts of a task run: `none`, in the worker's own event loop, many at a time; `thread`, in a worker thread each,
 * which can be killed at its timeout: for work that computes.
 */
export type Isolation = 'none' | 'thread'

export interface HandlerEntry {
  readonly task: Task
  /** Loads the file whose default export is the handler: only a process that runs the task loads it. */
  readonly load: () => Promise<{ readonly default: Handler | BatchHandler }>
  readonly isolate?: Isolation
  /** Its file exports a `batchHandler`, which is given so many jobs at a time. A batch takes one slot of its queue. */
  readonly batch?: BatchOptions
}

export interface Handlers {
  readonly entries: ReadonlyMap<string, HandlerEntry>
  readonly concurrency: Readonly<Record<string, number>>
}

/**
 * Names the handlers of an application: the default export of its worker file.
 *
 * @param options.concurrency how many jobs of each queue one worker process runs at a time.
 * @example
 * export default handlers(
 *   [{ task: renderPhoto, load: () => import('./render-photo.ts'), isolate: 'thread' }],
 *   { concurrency: { images: 2 } },
 * )
 */
export function handlers(
  entries: readonly HandlerEntry[],
  options: { readonly concurrency?: Readonly<Record<string, number>> } = {},
): Handlers {
  for (const entry of entries) checkBatch(entry, entries)
  return Object.freeze({
    entries: new Map(entries.map((entry) => [entry.task.name, entry])),
    concurrency: Object.freeze({ ...options.concurrency }),
  })
}

/** @throws MILLRACE_WORKER_BATCH_INVALID */
function checkBatch({ task, isolate = 'none', batch }: HandlerEntry, entries: readonly HandlerEntry[]): void {
  if (batch === undefined) return
  const { countMax, waitMs } = batch
  const isCount = Number.isInteger(countMax) && countMax >= 2 && countMax <= 1_000
  const isWait = Number.isInteger(waitMs) && waitMs >= 0 && waitMs <= 10_000
  const other = entries.find((e) => e.batch === undefined && e.task.queue.name === task.queue.name)?.task.name ?? ''
  if (!isCount || !isWait || isolate !== 'none' || other !== '')
    throw workerErrors.MILLRACE_WORKER_BATCH_INVALID({ task: task.name, countMax, waitMs, isolate, other })
}

/**
 * Throw it from a handler that knows when to try again: the job waits so long instead of the growing wait of its policy,
 * at most RETRY_AFTER_MS_MAX. It spends an attempt, and the error is kept, like any other failure; with
 * `spendsAttempt: false` the job just goes on later, as often as it likes: only `jobTimeoutMs` ends that.
 *
 * @example if (report.status === 'pending') throw new RetryLater(30_000, { spendsAttempt: false })
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly afterMs: number
  readonly spendsAttempt: boolean

  constructor(
    afterMs: number,
    options: ErrorOptions & { readonly spendsAttempt?: boolean; readonly message?: string } = {},
  ) {
    super(options.message ?? `to be tried again in ${afterMs} ms`, options)
    this.afterMs = afterMs
    this.spendsAttempt = options.spendsAttempt ?? true
  }
}

/** Throw it from a handler when no further attempt can help: the job becomes a dead letter at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError'
  /** A stable word for programs: it becomes the operation's error code. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
