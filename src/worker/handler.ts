/** What a user writes in the worker: handlers, and where each is loaded from. */

import type { Blobs } from '../blobs/blobs.ts'
import type { SchemaOutput } from '../contract/schema.ts'
import type { Task, TaskOutput } from '../contract/task.ts'
import type { Database } from '../data/database.ts'
import type { Transaction } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Submit, SubmitMany } from '../queue/submit.ts'

/** What a process hands to the code that it runs for the user. */
export interface Runtime {
  readonly db: Database
  readonly blobs: Blobs
  readonly submit: Submit
  readonly submitMany: SubmitMany
  readonly clock: Clock
  readonly log: Log
}

/** One attempt, as its handler sees it. */
export interface Attempt<T extends Task = Task> extends Runtime {
  /** The input, as the task's schema makes it. */
  readonly input: SchemaOutput<T['input']>
  readonly job: {
    readonly id: string
    readonly task: string
    /** 1 for the first. */
    readonly attempt: number
    readonly isLastAttempt: boolean
    /** The same for every attempt of the job: hand it to remote services that take an idempotency key. */
    readonly idempotencyKey: string
  }
  /** Fires when the job is cancelled, its time is up, or the process must stop. Its reason says which. */
  readonly signal: AbortSignal
  /** Tells how far the job is: `done` from 0 to 1. Cheap: reports are merged. Only of tracked tasks is it kept. */
  progress(done: number, note?: string): void
  /**
   * Runs `work` in a transaction that also completes the job with what it returns: effects and completion are one commit.
   * Return its result from the handler. At most once per attempt.
   *
   * @throws MILLRACE_QUEUE_LEASE_LOST when the job was given to another worker meanwhile: everything is rolled back.
   */
  transaction(work: (tx: Transaction) => Promise<TaskOutput<T>>): Promise<TaskOutput<T>>
}

export interface Handler<T extends Task = Task> {
  readonly task: T
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
  readonly load: () => Promise<{ readonly default: Handler }>
  readonly isolate?: Isolation
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
  return Object.freeze({
    entries: new Map(entries.map((entry) => [entry.task.name, entry])),
    concurrency: Object.freeze({ ...options.concurrency }),
  })
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
