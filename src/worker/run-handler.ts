/** One call of a handler: input parsed and checked, the attempt's tools made, the output checked. The same in every process. */
import { check, describeViolations } from '../contract/schema.ts'
import type { Task } from '../contract/task.ts'
import type { Transaction } from '../data/transaction.ts'
import type { EntryKey } from '../queue/job.ts'
import type { Progress } from '../queue/operations.ts'
import { settleWithin } from '../queue/settle.ts'
import { workerErrors } from './errors.ts'
import type { Attempt, Handler, Runtime } from './handler.ts'

/** What a handler's process must know of a job. */
export interface JobToRun {
  readonly id: string
  readonly entry: EntryKey
  /** Attempts spent before this one. */
  readonly attempt: number
  readonly payload: string
}

export interface AttemptControl {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** How a handler ended well: its result as JSON text, and whether its own transaction has completed the job already. */
export interface Ran {
  readonly result: string | null
  readonly isSettled: boolean
}

/** @throws what the handler throws, MILLRACE_WORKER_INPUT_INVALID, MILLRACE_WORKER_OUTPUT_INVALID */
export async function runHandler(
  runtime: Runtime,
  handler: Handler,
  job: JobToRun,
  control: AttemptControl,
): Promise<Ran> {
  const { task } = handler
  const input = await parseInput(task, job.payload)
  let settled: Ran | undefined

  async function transaction(work: (tx: Transaction) => Promise<unknown>): Promise<never> {
    if (settled !== undefined) throw workerErrors.MILLRACE_WORKER_TRANSACTION_TWICE({ jobId: job.id })
    const output = await runtime.db
      .transaction(async (tx) => {
        const made = await work(tx)
        const result = await encodeOutput(task, made)
        await settleWithin(tx, job, result)
        settled = { result, isSettled: true }
        return made
      })
      .catch((thrown: unknown) => {
        settled = undefined
        throw thrown
      })
    return output as never
  }

  const attempt: Attempt = {
    ...runtime,
    input,
    job: {
      id: job.id,
      task: task.name,
      attempt: job.attempt + 1,
      isLastAttempt: job.attempt + 1 >= task.retry.attempts,
      idempotencyKey: job.id,
    },
    get signal() {
      return control.signal
    },
    progress(done: number, note?: string): void {
      const clamped = Math.min(1, Math.max(0, Number.isFinite(done) ? done : 0))
      control.onProgress(
        note === undefined ? { done: clamped } : { done: clamped, note: note.slice(0, NOTE_CHARS_MAX) },
      )
    },
    transaction,
  }
  const output: unknown = await handler.run(attempt)
  return settled ?? { result: await encodeOutput(task, output), isSettled: false }
}

const NOTE_CHARS_MAX = 200

async function parseInput(task: Task, payload: string): Promise<unknown> {
  const checked = await check(task.input, JSON.parse(payload))
  if (checked.ok) return checked.value
  throw workerErrors.MILLRACE_WORKER_INPUT_INVALID({
    task: task.name,
    violations: describeViolations(checked.violations),
  })
}

async function encodeOutput(task: Task, output: unknown): Promise<string | null> {
  if (task.output === undefined) return null
  const checked = await check(task.output, output)
  if (checked.ok) return JSON.stringify(checked.value) ?? null
  throw workerErrors.MILLRACE_WORKER_OUTPUT_INVALID({
    task: task.name,
    violations: describeViolations(checked.violations),
  })
}
