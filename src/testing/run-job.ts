/** Running one handler at once, without a queue: the checks, the tools and the transaction of its attempt are the real ones. */
import type { Parts } from '../app/parts.ts'
import type { Schema, SchemaOutput } from '../contract/schema.ts'
import type { Task, TaskInput } from '../contract/task.ts'
import type { Database } from '../data/database.ts'
import { sql } from '../data/sql.ts'
import type { Clock } from '../kernel/clock.ts'
import { newId } from '../kernel/ids.ts'
import type { EntryKey } from '../queue/job.ts'
import type { Progress } from '../queue/operations.ts'
import type { Runtime } from '../worker/attempt.ts'
import type { Handlers } from '../worker/handler.ts'
import { handlerLoader } from '../worker/load-handler.ts'
import { runHandler } from '../worker/run-handler.ts'
import type { Life } from './life.ts'
import { watchedHandlers } from './watched-handlers.ts'

const insertEntry = sql(import.meta.url, 'sql/insert-entry.sql')
const deleteEntry = sql(import.meta.url, 'sql/delete-entry.sql')

/** What a task's result is once it was stored. */
export type TaskResult<T extends Task> =
  T extends Task<Schema, infer Out> ? (Out extends Schema ? SchemaOutput<Out> : never) : never

export interface RunJobOptions {
  /** 1 for the first. */
  readonly attempt?: number
  /** The handler's signal: abort it to see how the handler stops. */
  readonly signal?: AbortSignal
}

export interface RunJob<T extends Task> {
  readonly result: TaskResult<T>
  /** What the handler told, oldest first. */
  readonly progress: readonly Progress[]
}

export interface RunJobParts {
  /** What the handler reaches. */
  readonly parts: Parts
  /** The test's own. */
  readonly db: Database
  readonly handlers: Handlers
  readonly life: Life
  /** What the handler is given. */
  readonly clock: Clock
}

/**
 * Runs the handler of a task with an input as it would come out of the queue: through JSON and the task's schema.
 *
 * @throws what the handler throws, and what the checks of input and output throw.
 */
export async function runJob<T extends Task>(
  given: RunJobParts,
  task: T,
  input: TaskInput<T>,
  options: RunJobOptions = {},
): Promise<RunJob<T>> {
  const { parts, db, handlers, life, clock } = given
  const runtime: Runtime = { ...parts.client, db: parts.db, blobs: parts.blobs, clock: life.clock, log: parts.log }
  const { attempt = 1, signal = new AbortController().signal } = options
  const progress: Progress[] = []
  const onAttempt = () => ({ progress: (p: Progress) => void progress.push(p), returned: () => {}, threw: () => {} })
  const handler = await handlerLoader(watchedHandlers(handlers, { life, clock, onAttempt, concurrency: 1 }))(task.name)
  const job = new InlineJob(db, task, attempt, newId(clock.now()))
  const stored = JSON.stringify(input) ?? 'null'
  try {
    const control = { signal, onProgress: () => {}, own: () => job.own() }
    const { result } = await runHandler(runtime, handler, job, () => JSON.parse(stored), control)
    return { result: result === null ? undefined : JSON.parse(result), progress } as RunJob<T>
  } finally {
    await job.forget()
  }
}

/** A job that no worker will claim. It gets an entry when its handler wants to complete it in a transaction. */
class InlineJob {
  readonly id: string
  readonly attempt: number
  readonly version: number
  readonly actor = undefined
  readonly #db: Database
  readonly #task: Task
  #key: EntryKey | undefined

  constructor(db: Database, task: Task, attempt: number, id: string) {
    this.#db = db
    this.#task = task
    this.id = id
    this.attempt = attempt - 1
    this.version = task.version
  }

  get key(): EntryKey {
    if (this.#key === undefined) throw new Error('the job has no entry of its own')
    return this.#key
  }

  async own(): Promise<void> {
    const { rows } = await this.#db.outsideTransaction(() =>
      this.#db.query<EntryKey & { readonly [column: string]: unknown }>(insertEntry, [this.id, this.#task.name]),
    )
    const [place] = rows
    this.#key = place === undefined ? undefined : { ...place, id: this.id }
  }

  async forget(): Promise<void> {
    if (this.#key === undefined) return
    await this.#db.outsideTransaction(() => this.#db.query(deleteEntry, [this.id]))
  }
}
