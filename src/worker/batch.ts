/** Handlers that take many jobs at once: one insert for a thousand rows, one call of a remote service for a hundred mails. */
import type { Task, TaskOutput } from '../contract/task.ts'
import type { Transaction } from '../data/transaction.ts'
import type { Attempt, Runtime } from './attempt.ts'

/** How jobs are gathered. */
export interface BatchOptions {
  /** Jobs in one batch at most: 2 to 1,000. */
  readonly countMax: number
  /** How long the first job of a batch waits for others, in milliseconds: 0 to 10,000. */
  readonly waitMs: number
}

/** What came of each job, in the order of the batch: its output, or the error with which it alone failed. */
export type BatchResults<T extends Task> = readonly (TaskOutput<T> | Error)[]

/** One batch, as its handler sees it. */
export interface BatchAttempt<T extends Task = Task> extends Runtime {
  readonly items: readonly Pick<Attempt<T>, 'input' | 'job' | 'actor' | 'signal' | 'progress'>[]
  /** Fires when the signal of every job of the batch has fired. */
  readonly signal: AbortSignal
  /**
   * Runs `work` in a transaction that also completes the jobs: effects and completions are one commit. A job for which
   * `work` answers an error is not completed by it, and fails as if the handler had answered that error.
   *
   * @throws MILLRACE_QUEUE_LEASE_LOST when a job was given to another worker meanwhile: everything is rolled back.
   */
  transaction(work: (tx: Transaction) => Promise<BatchResults<T> | undefined>): Promise<BatchResults<T> | undefined>
}

export interface BatchHandler<T extends Task = Task> {
  readonly task: T
  runBatch(batch: BatchAttempt<T>): Promise<BatchResults<T> | undefined>
}

/**
 * Declares the code of a task that takes its jobs in batches; its entry in `handlers` says how large they may be. What the
 * handler throws, every job of the batch fails with; what it answers is for each job by itself. A task without an output
 * need answer nothing. Each job keeps its own attempts, timeout and cancellation.
 *
 * @example
 * export default batchHandler(sendMail, async ({ items }) => mailer.sendAll(items.map((item) => item.input)))
 */
export function batchHandler<T extends Task>(
  task: T,
  run: (batch: BatchAttempt<T>) => Promise<BatchResults<T> | undefined>,
): BatchHandler<T> {
  return Object.freeze({ task, runBatch: run })
}
