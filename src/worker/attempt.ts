/** What a handler is given: one attempt of a job, and the tools of its process. */
import type { Blobs } from '../blobs/blobs.ts'
import type { Principal } from '../contract/access.ts'
import type { SchemaOutput } from '../contract/schema.ts'
import type { Task, TaskOutput } from '../contract/task.ts'
import type { Database } from '../data/database.ts'
import type { Transaction } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Actors } from '../queue/actors.ts'
import type { QueueClient } from '../queue/client.ts'

/** What a process hands to the code that it runs for the user. */
export interface Runtime extends QueueClient {
  readonly db: Database
  readonly blobs: Blobs
  readonly clock: Clock
  readonly log: Log
  /** Absent: the application knows no users. */
  readonly people?: People | undefined
}

/** In whose name jobs run. */
export interface People {
  readonly actors: Actors
  /** Who it is and what they may do now. Undefined: there is no such account, or it is disabled. */
  find(account: string): Promise<Principal | undefined>
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
  /**
   * In whose name the job was submitted, with the rights that they have now. Undefined: nobody's, it is the application's own
   * doing. What the handler submits is submitted in the same name.
   */
  readonly actor: Principal | undefined
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
  /**
   * Does something outside the database, once for the job: a payment, a mail. What `work` answers is recorded under `name`,
   * and a later attempt is given the record instead of doing it again. Should the process die between the effect and its
   * record, it is done again, with the same idempotency key: hand that to the service, which can tell.
   *
   * @param name 1 to 100 characters, of this task. @param work answers what JSON can hold.
   * @example const receipt = await once('charge', (idempotencyKey) => payments.charge(input.amount, { idempotencyKey }))
   */
  once<R>(name: string, work: (idempotencyKey: string) => Promise<R>): Promise<R>
}
