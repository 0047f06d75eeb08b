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
  /** Where its own entry lies: asked for only when it has one. */
  readonly key: EntryKey
  /** Attempts spent before this one. */
  readonly attempt: number
}

export interface AttemptControl {
  readonly signal: AbortSignal
  onProgress(progress: Progress): void
  /** Gives the job an entry of its own, which a transaction can delete; nothing to wait for when it has one. */
  own(): Promise<void> | undefined
}

/** How a handler ended well: its result as JSON text, and whether its own transaction has completed the job already. */
export interface Ran {
  readonly result: string | null
  readonly isSettled: boolean
}

/**
 * Runs it. `readInput` answers the input as it was submitted. Throws or rejects: a worker runs tens of thousands a second,
 * so nothing waits that need not.
 *
 * @throws what the handler throws, MILLRACE_WORKER_INPUT_INVALID, MILLRACE_WORKER_OUTPUT_INVALID
 */
export function runHandler(
  runtime: Runtime,
  handler: Handler,
  job: JobToRun,
  readInput: () => unknown,
  control: AttemptControl,
): Promise<Ran> {
  const run = (input: unknown): Promise<Ran> => {
    const attempt = new RunningAttempt(runtime, handler.task, job, control, input)
    // a handler in plain JavaScript may be no async function
    return Promise.resolve(handler.run(attempt)).then((output: unknown) => attempt.finish(output))
  }
  const input = parseInput(handler.task, readInput())
  return input instanceof Promise ? input.then(run) : run(input)
}

const WITHOUT_RESULT: Ran = Object.freeze({ result: null, isSettled: false })
const NOTE_CHARS_MAX = 200
/** Bytes of JSON that a job's result may take. */
export const RESULT_BYTES_MAX = 256 * 1024

/** The tools of one attempt. What a handler does not ask for is not made: a worker runs tens of thousands a second. */
class RunningAttempt implements Attempt {
  readonly input: unknown
  settled: Ran | undefined
  readonly #runtime: Runtime
  readonly #task: Task
  readonly #job: JobToRun
  readonly #control: AttemptControl

  constructor(runtime: Runtime, task: Task, job: JobToRun, control: AttemptControl, input: unknown) {
    this.input = input
    this.#runtime = runtime
    this.#task = task
    this.#job = job
    this.#control = control
  }

  /** What its end means, once the handler has returned `output`. */
  finish(output: unknown): Ran | Promise<Ran> {
    if (this.settled !== undefined) return this.settled
    if (this.#task.output === undefined) return WITHOUT_RESULT
    return encodeOutput(this.#task, output).then((result) => ({ result, isSettled: false }))
  }

  get db() {
    return this.#runtime.db
  }
  get blobs() {
    return this.#runtime.blobs
  }
  get submit() {
    return this.#runtime.submit
  }
  get submitMany() {
    return this.#runtime.submitMany
  }
  get clock() {
    return this.#runtime.clock
  }
  get log() {
    return this.#runtime.log
  }
  get signal() {
    return this.#control.signal
  }

  get job(): Attempt['job'] {
    const { id, attempt } = this.#job
    const { name, retry } = this.#task
    return {
      id,
      task: name,
      attempt: attempt + 1,
      isLastAttempt: attempt + 1 >= retry.attempts,
      idempotencyKey: id,
    }
  }

  /** A function of its own, not a method: handlers take it out of the attempt by its name. */
  get progress(): Attempt['progress'] {
    return (done, note) => {
      const clamped = Math.min(1, Math.max(0, Number.isFinite(done) ? done : 0))
      this.#control.onProgress(
        note === undefined ? { done: clamped } : { done: clamped, note: note.slice(0, NOTE_CHARS_MAX) },
      )
    }
  }

  get transaction(): Attempt['transaction'] {
    return (work) => this.#transact(work)
  }

  async #transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (this.settled !== undefined) throw workerErrors.MILLRACE_WORKER_TRANSACTION_TWICE({ jobId: this.#job.id })
    let result: string | null = null
    const { db } = this.#runtime
    await this.#control.own()
    // never a part of a transaction around it, which could roll back what we then take for settled
    const output = await db.outsideTransaction(() =>
      db.transaction(async (tx) => {
        const made = await work(tx)
        result = await encodeOutput(this.#task, made)
        await settleWithin(tx, this.#job, result)
        return made
      }),
    )
    this.settled = { result, isSettled: true }
    return output
  }
}

function parseInput(task: Task, submitted: unknown): unknown {
  const checking = check(task.input, submitted)
  const take = (checked: Awaited<typeof checking>): unknown => {
    if (checked.ok) return checked.value
    const violations = describeViolations(checked.violations)
    throw workerErrors.MILLRACE_WORKER_INPUT_INVALID({ task: task.name, violations })
  }
  return checking instanceof Promise ? checking.then(take) : take(checking)
}

async function encodeOutput(task: Task, output: unknown): Promise<string | null> {
  if (task.output === undefined) return null
  const checked = await check(task.output, output)
  if (checked.ok) return boundedJson(task, checked.value)
  const violations = describeViolations(checked.violations)
  throw workerErrors.MILLRACE_WORKER_OUTPUT_INVALID({ task: task.name, violations })
}

function boundedJson(task: Task, value: unknown): string | null {
  const result = JSON.stringify(value) ?? null
  const bytes = Buffer.byteLength(result ?? '')
  if (bytes <= RESULT_BYTES_MAX) return result
  throw workerErrors.MILLRACE_WORKER_OUTPUT_TOO_LARGE({ task: task.name, bytes, bytesMax: RESULT_BYTES_MAX })
}
