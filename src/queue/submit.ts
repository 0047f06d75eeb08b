/** Submitting jobs: checked first, then written in the caller's own transaction, or merged with others into one. */
import type { Task, TaskInput } from '../contract/task.ts'
import type { Database } from '../data/database.ts'
import { OpenTransaction, type Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { newId } from '../kernel/ids.ts'
import { abortable } from './abortable.ts'
import type { Actors } from './actors.ts'
import { appendJobs } from './append.ts'
import { appendDebounced, type Debounce } from './debounce.ts'
import { asQueryable } from './foreign-transaction.ts'
import type { Hints } from './hints.ts'
import type { Job } from './job.ts'
import type { Lanes } from './lanes.ts'
import { makeJob, type SubmitManyOptions, type SubmitOptions } from './make-job.ts'
import { MergedAppends } from './merge.ts'
import { isDelayed, lanesOf, type NewJob } from './new-job.ts'
import { Payloads } from './payload/payloads.ts'

export type Submit = <T extends Task>(task: T, input: TaskInput<T>, options?: SubmitOptions) => Promise<Job>
export type SubmitMany = <T extends Task>(
  task: T,
  inputs: readonly TaskInput<T>[],
  options?: SubmitManyOptions,
) => Promise<readonly Job[]>
export type SubmitAll = <T extends Task>(
  task: T,
  inputs: Iterable<TaskInput<T>> | AsyncIterable<TaskInput<T>>,
  options?: SubmitAllOptions,
) => Promise<number>

export interface SubmitAllOptions extends SubmitManyOptions {
  /** Called now and then with how many jobs have been written so far; they exist once all are. */
  readonly onProgress?: (count: number) => void
  /** Gives up, at any moment until the commit: nothing was submitted then. What the iterable is at is not waited for. */
  readonly signal?: AbortSignal
}

/** Jobs in one statement of a bulk submit. */
const BULK_COUNT_MAX = 5_000

export interface Submitter {
  /**
   * Submits one job. Inside `db.transaction` it joins that transaction; with `tx` it joins that one; otherwise it is
   * durable when the promise resolves, and concurrent calls share one insert.
   *
   * @throws MILLRACE_QUEUE_INPUT_INVALID, MILLRACE_QUEUE_PAYLOAD_TOO_LARGE, MILLRACE_QUEUE_OPTION_INVALID (nothing was
   * stored), MILLRACE_QUEUE_TX_UNKNOWN, MILLRACE_QUEUE_TX_NOT_OPEN, MILLRACE_QUEUE_BACKLOG_FULL, what `Payloads.encode`
   * throws, and what the database says.
   * @example const job = await submit(renderPhoto, { photoId }, { idempotencyKey: photoId })
   */
  readonly submit: Submit
  /** Submits many jobs of one task in one transaction: all or none. Far faster than one at a time. */
  readonly submitMany: SubmitMany
  /**
   * Submits as many jobs of one task as an iterable gives, in one transaction: all or none, without holding them all in
   * memory. Answers how many they were.
   *
   * @throws as `submit`, what the iterable throws, the reason of `signal`; nothing was submitted then.
   * @example await submitAll(sendLetter, readAddresses(), { onProgress: (count) => console.error(count) })
   */
  readonly submitAll: SubmitAll
}

export function openSubmitter(parts: {
  readonly db: Database
  readonly lanes: Lanes
  readonly hints: Hints
  readonly clock: Clock
  /** In whose name jobs are submitted. Without it, in nobody's. */
  readonly actors?: Actors
  /** Without it, nothing is encrypted, and inputs are as large as fits inline. */
  readonly payloads?: Payloads
}): Submitter {
  const { db, hints, clock, payloads = new Payloads({ clock }) } = parts
  const making = { ...parts, payloads }
  const merged = new MergedAppends(db, hints)
  // a key may be held by somebody's open transaction: submits without one do not even wait until that is known
  const keyed = new MergedAppends(db, hints)

  async function submit<T extends Task>(task: T, input: TaskInput<T>, options: SubmitOptions = {}): Promise<Job> {
    const { debounce } = options
    if (debounce !== undefined) return submitDebounced(task, input, { ...options, debounce })
    const job = await makeJob(making, task, input, options)
    const tx = options.tx === undefined ? db.current : asQueryable(options.tx)
    if (tx === undefined) return asJob(job, await (job.idempotencyKey === null ? merged : keyed).add(job))
    const holders = await appendJobs(tx, [job])
    hintAfter(tx, [job])
    return asJob(job, holders.get(0) ?? job.id)
  }

  async function submitDebounced<T extends Task>(
    task: T,
    input: TaskInput<T>,
    options: SubmitOptions & { readonly debounce: Debounce },
  ): Promise<Job> {
    const id = newId(clock.now())
    const debounce = ownDebounce(options.debounce, parts.actors)
    await makeJob(making, task, input, options, id) // what is wrong with it is told before anything is locked
    const jobOf = (of: string): Promise<NewJob> => makeJob(making, task, input, options, of)
    const append = async (tx: Queryable): Promise<Job> => {
      const job = await appendDebounced(tx, { task: task.name, newId: id, debounce }, jobOf)
      if (tx instanceof OpenTransaction) tx.afterCommit(() => hints.deferred())
      else hints.deferred()
      return { ...asJob(job, job.id), isNew: job.id === id }
    }
    return options.tx === undefined ? db.transaction(append) : append(asQueryable(options.tx))
  }

  async function submitMany<T extends Task>(
    task: T,
    inputs: readonly TaskInput<T>[],
    options: SubmitManyOptions = {},
  ): Promise<readonly Job[]> {
    const jobs: NewJob[] = []
    for (const input of inputs) jobs.push(await makeJob(making, task, input, options))
    await within(options, async (tx) => {
      for (let n = 0; n < jobs.length; n += BULK_COUNT_MAX) await appendJobs(tx, jobs.slice(n, n + BULK_COUNT_MAX))
      hintAfter(tx, jobs)
    })
    return jobs.map((job) => asJob(job, job.id))
  }

  async function submitAll<T extends Task>(
    task: T,
    inputs: Iterable<TaskInput<T>> | AsyncIterable<TaskInput<T>>,
    options: SubmitAllOptions = {},
  ): Promise<number> {
    const { onProgress = () => {}, signal } = options
    const made = makeJobs(task, inputs, options)
    let count = 0
    await within(options, async (tx) => {
      /** One for each lane: partitions are filled by turns. */
      const hintOf = new Map<number, NewJob>()
      let jobs: NewJob[] = []
      const write = async (): Promise<void> => {
        await appendJobs(tx, jobs)
        count += jobs.length
        for (const job of jobs) hintOf.set(job.lane, job)
        jobs = []
        onProgress(count)
      }
      for await (const job of signal === undefined ? made : abortable(made, signal)) {
        jobs.push(job)
        if (jobs.length === BULK_COUNT_MAX) await write()
      }
      if (jobs.length > 0) await write()
      signal?.throwIfAborted()
      hintAfter(tx, [...hintOf.values()])
    })
    return count
  }

  async function* makeJobs<T extends Task>(
    task: T,
    inputs: Iterable<TaskInput<T>> | AsyncIterable<TaskInput<T>>,
    options: SubmitAllOptions,
  ): AsyncGenerator<NewJob> {
    for await (const input of inputs) yield await makeJob(making, task, input, options)
  }

  async function within(options: SubmitManyOptions, append: (tx: Queryable) => Promise<void>): Promise<void> {
    if (options.tx !== undefined) await append(asQueryable(options.tx))
    else await db.transaction(append)
  }

  /** A foreign transaction does not tell us when it commits: the hint may come too early, then the next poll finds the job. */
  function hintAfter(tx: Queryable, jobs: readonly NewJob[]): void {
    const hint = (): void => {
      for (const lane of lanesOf(jobs)) hints.workIn(lane)
      if (jobs.some((job) => isDelayed(job))) hints.deferred()
    }
    if (tx instanceof OpenTransaction) tx.afterCommit(hint)
    else hint()
  }

  return { submit, submitMany, submitAll }
}

function asJob(job: Pick<NewJob, 'id' | 'task' | 'isTracked'>, id: string): Job {
  return { id, task: job.task, isTracked: job.isTracked, isNew: id === job.id }
}

/** Whose job it is, and whose rights it has, would else be a matter of who came last: people's keys are apart. */
function ownDebounce(debounce: Debounce, actors: Actors | undefined): Debounce {
  const account = actors?.current?.principal?.account
  return account === undefined ? debounce : { ...debounce, key: `${account} ${debounce.key}` }
}
