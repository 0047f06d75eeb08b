/** An attempt from the inside: what its handler is given, and how its end is taken. The same in every process. */
import type { Principal } from '../contract/access.ts'
import { check, describeViolations } from '../contract/schema.ts'
import type { Task } from '../contract/task.ts'
import type { Transaction } from '../data/transaction.ts'
import { findEffect, recordEffect } from '../queue/effects.ts'
import type { EntryKey } from '../queue/job.ts'
import type { Progress } from '../queue/operations.ts'
import { settleWithin } from '../queue/settle.ts'
import type { Attempt, Runtime } from './attempt.ts'
import { workerErrors } from './errors.ts'

/** What a handler's process must know of a job. */
export interface JobToRun {
  readonly id: string
  /** Where its own entry lies: asked for only when it has one. */
  readonly key: EntryKey
  /** Attempts spent before this one. */
  readonly attempt: number
  /** Of its input. */
  readonly version: number
  /** The account in whose name it was submitted. */
  readonly actor: string | undefined
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
  /** It called `once`. */
  readonly hasEffects?: boolean
}

const WITHOUT_RESULT: Ran = Object.freeze({ result: null, isSettled: false })
const NOTE_CHARS_MAX = 200
/** Characters of the name of an effect. */
const NAME_CHARS_MAX = 100
/** Bytes of JSON that a job's result may take. */
export const RESULT_BYTES_MAX = 256 * 1024

/** What was found out before its handler is called. */
export interface Given {
  readonly input: unknown
  readonly actor: Principal | undefined
}

/** The tools of one attempt. What a handler does not ask for is not made: a worker runs tens of thousands a second. */
export class RunningAttempt implements Attempt {
  readonly input: unknown
  readonly actor: Principal | undefined
  settled: Ran | undefined
  #completed: Ran | undefined
  #hasEffects = false
  readonly #runtime: Runtime
  readonly #task: Task
  readonly #job: JobToRun
  readonly #control: AttemptControl

  constructor(runtime: Runtime, task: Task, job: JobToRun, control: AttemptControl, given: Given) {
    this.input = given.input
    this.actor = given.actor
    this.#runtime = runtime
    this.#task = task
    this.#job = job
    this.#control = control
  }

  /** What its end means, once the handler has returned `output`. */
  finish(output: unknown): Ran | Promise<Ran> {
    if (this.settled !== undefined) return this.settled
    const hasEffects = this.#hasEffects
    if (this.#task.output === undefined) return hasEffects ? { ...WITHOUT_RESULT, hasEffects } : WITHOUT_RESULT
    return encodeOutput(this.#task, output).then((result) => ({ result, isSettled: false, hasEffects }))
  }

  get db() {
    return this.#runtime.db
  }
  get people() {
    return this.#runtime.people
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
  get submitAll() {
    return this.#runtime.submitAll
  }
  get resultOf() {
    return this.#runtime.resultOf
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

  get once(): Attempt['once'] {
    return (name, work) => this.#once(name, work)
  }

  async #once<R>(name: string, work: (idempotencyKey: string) => Promise<R>): Promise<R> {
    const { id } = this.#job
    if (name.length < 1 || name.length > NAME_CHARS_MAX)
      throw workerErrors.MILLRACE_WORKER_EFFECT_INVALID({ jobId: id, name: name.slice(0, NAME_CHARS_MAX) })
    this.#hasEffects = true
    const { db } = this.#runtime
    // never inside a transaction of the handler: what was done outside stays done when that is rolled back
    const found = await db.outsideTransaction(() => findEffect(db, id, name))
    if (found !== undefined) return (found === null ? undefined : JSON.parse(found)) as R
    const result = await work(`${id}:${name}`)
    await db.outsideTransaction(() => recordEffect(db, id, name, boundedJson(this.#task, result)))
    return result
  }

  async #transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    await this.beginTransaction()
    const { db } = this.#runtime
    // never a part of a transaction around it, which could roll back what we then take for settled
    const output = await db.outsideTransaction(() =>
      db.transaction(async (tx) => {
        const made = await work(tx)
        await this.complete(tx, made)
        return made
      }),
    )
    this.committed()
    return output
  }

  /** Before a transaction that is to complete the job. @throws MILLRACE_WORKER_TRANSACTION_TWICE */
  async beginTransaction(): Promise<void> {
    if (this.settled !== undefined) throw workerErrors.MILLRACE_WORKER_TRANSACTION_TWICE({ jobId: this.#job.id })
    await this.#control.own()
  }

  /** Lets the job be completed by the commit of a transaction. @throws MILLRACE_WORKER_OUTPUT_INVALID */
  async complete(tx: Transaction, output: unknown): Promise<void> {
    const result = await encodeOutput(this.#task, output)
    settleWithin(tx, this.#job, result)
    this.#completed = { result, isSettled: true }
  }

  /** The transaction that completed the job has committed. */
  committed(): void {
    this.settled = this.#completed
  }
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
