/** What a run of the worker did: told by its handlers as they begin and end, and by the database as it stands afterwards. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { type JobError, jobError } from '../queue/job.ts'
import type { Progress } from '../queue/operations.ts'

const findFates = sql(import.meta.url, 'sql/find-fates.sql')

/**
 * What has become of a job. `retrying`: it waits for its next attempt. `failed`: it is a dead letter. `expired`: it was too
 * late for it (`ttlMs`). `parked`: the application has no handler for it.
 */
export type RanOutcome = 'succeeded' | 'retrying' | 'failed' | 'expired' | 'cancelled' | 'parked'

/** One job that a run has worked on. */
export interface RanJob {
  readonly id: string
  readonly task: string
  /** As its handler got it; undefined when it got none. */
  readonly input: unknown
  readonly outcome: RanOutcome
  /** How often its handler was begun in this run, the times that its process was killed included. */
  readonly attempts: number
  /** What went wrong, oldest first. */
  readonly errors: readonly JobError[]
  /** What its handler returned. */
  readonly result: unknown
  /** What its handler told of its progress, in all its attempts. */
  readonly progress: readonly Progress[]
}

interface Noted {
  readonly id: string
  readonly task: string
  readonly input: unknown
  attempts: number
  readonly errors: JobError[]
  result: unknown
  readonly progress: Progress[]
}

interface FateRow {
  readonly id: string
  readonly task: string
  readonly fate: Exclude<RanOutcome, 'succeeded'>
  readonly attempt: number
  readonly errors: readonly JobError[]
}

/** A handler that has begun. */
export interface NotedAttempt {
  progress(progress: Progress): void
  returned(result: unknown): void
  threw(error: Error, nowMs: number): void
}

export class RanJobs {
  readonly #db: Queryable
  readonly #before: ReadonlySet<string>
  readonly #noted = new Map<string, Noted>()
  /** Handlers that have begun and not ended, by what a reader is told of them. */
  readonly #running = new Set<string>()

  private constructor(db: Queryable, before: readonly FateRow[]) {
    this.#db = db
    this.#before = new Set(before.map(keyOf))
  }

  /** Begins: what has happened before is not told again. */
  static async begin(db: Queryable): Promise<RanJobs> {
    return new RanJobs(db, await fatesIn(db))
  }

  attempt(job: { readonly id: string; readonly task: string; readonly attempt: number }, input: unknown): NotedAttempt {
    const { id, task } = job
    const noted = this.#noted.get(id) ?? { id, task, input, attempts: 0, errors: [], result: undefined, progress: [] }
    this.#noted.set(id, noted)
    noted.attempts += 1
    const running = `${task} ${id} is running (attempt ${job.attempt})`
    this.#running.add(running)
    return {
      progress: (progress) => noted.progress.push(progress),
      returned: (result) => {
        noted.result = result
        this.#running.delete(running)
      },
      threw: (error, nowMs) => {
        noted.errors.push(jobError(error, nowMs))
        this.#running.delete(running)
      },
    }
  }

  /** Handlers that have not come to their end. */
  get running(): readonly string[] {
    return [...this.#running]
  }

  /** The process that they ran in is dead. */
  forgetRunning(): void {
    this.#running.clear()
  }

  /** What ran, in the order in which handlers were first begun; then what ended without a handler. */
  async told(): Promise<readonly RanJob[]> {
    const fates = await fatesIn(this.#db)
    const fateOf = new Map(fates.toReversed().map((row) => [row.id, row])) // history last: it may be of a former life
    const ran = [...this.#noted.values()].map((noted) => withFate(noted, fateOf.get(noted.id)))
    const unheard = fates
      .filter((row) => !this.#before.has(keyOf(row)) && !this.#noted.has(row.id))
      .filter(({ fate, errors }) => fate !== 'retrying' || errors.length > 0)
    return [...ran, ...unheard.map(withoutHandler)]
  }
}

function withFate({ errors, result, ...noted }: Noted, fate: FateRow | undefined): RanJob {
  if (fate === undefined) return { ...noted, outcome: 'succeeded', errors, result }
  // what the engine has kept says more: an output that its schema refused was no error of the handler
  const kept = fate.errors.length >= errors.length ? fate.errors : errors
  return { ...noted, outcome: fate.fate, errors: kept, result: undefined }
}

function withoutHandler({ id, task, fate, errors }: FateRow): RanJob {
  return { id, task, input: undefined, outcome: fate, attempts: 0, errors, result: undefined, progress: [] }
}

async function fatesIn(db: Queryable): Promise<readonly FateRow[]> {
  return (await db.query<FateRow & { readonly [column: string]: unknown }>(findFates)).rows
}

function keyOf({ id, fate, attempt, errors }: FateRow): string {
  return `${fate} ${id} ${attempt} ${errors.length}`
}
