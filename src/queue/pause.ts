/**
 * Pausing a queue or a task, everywhere at once: the claim obeys, so no worker has to be told and none can have missed it.
 *
 * A paused queue hands out nothing; its jobs wait in the log. A paused task may share its queue with others, which must not
 * wait behind it: whoever claims one of its jobs parks it, in a table beside the log, and its slot in a queue with rules is
 * free again. `resumeTask` brings them back.
 *
 * What a worker had claimed before goes on: what runs, and what it had claimed ahead, about 75 ms of work.
 */
import type { Database } from '../data/database.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { COUNT_EXACT_MAX, type Count } from './count.ts'
import type { Hints } from './hints.ts'
import { listLanes, noSuchQueue } from './known-queues.ts'

const pauseQueueStatement = sql(import.meta.url, 'sql/pause-queue.sql')
const resumeQueueStatement = sql(import.meta.url, 'sql/resume-queue.sql')
const pauseTaskStatement = sql(import.meta.url, 'sql/pause-task.sql')
const resumeTaskStatement = sql(import.meta.url, 'sql/resume-task.sql')
const resumeParkedStatement = sql(import.meta.url, 'sql/resume-parked.sql')
const passStatement = sql(import.meta.url, 'sql/pass-lane.sql')
const listStatement = sql(import.meta.url, 'sql/list-paused.sql')

/** Parked jobs that come back in one transaction. */
export const RESUME_BLOCK_MAX = 1_000

export interface ResumeOptions {
  /** Tells idle workers at once; without, they find the work within a second. */
  readonly hints?: Pick<Hints, 'workIn'>
}

export interface ResumeTaskOptions extends ResumeOptions {
  /** Told after each block how many jobs have come back so far. */
  readonly onProgress?: (count: number) => void
  /** Ends the call after the block that is under way: `resumeTask` again does the rest. */
  readonly signal?: AbortSignal
}

/** What is paused, and what was resumed but not wholly brought back. */
export interface Paused {
  readonly queues: readonly { readonly queue: string; readonly pausedAt: Date }[]
  readonly tasks: readonly PausedTask[]
}

export interface PausedTask {
  readonly task: string
  /** Null: it was resumed, and whoever did so was stopped before all jobs were back. Resume it again. */
  readonly pausedAt: Date | null
  readonly parked: Count
}

/**
 * From when it resolves, no claim begins that hands out a job of the queue, in any process. Jobs can still be submitted.
 * Pausing what is paused changes nothing. Answers since when.
 *
 * @throws MILLRACE_QUEUE_NO_SUCH_QUEUE
 */
export async function pauseQueue(db: Database, queue: string): Promise<Date> {
  // by itself: claims could not see a pause that somebody's transaction has yet to commit
  return db.outsideTransaction(async () => {
    const { rows } = await db.query<{ paused_at: Date; lanes: readonly number[] }>(pauseQueueStatement, [queue])
    const [paused] = rows
    if (paused === undefined) throw await unknown(db, queue)
    await passLanes(db, paused.lanes)
    return paused.paused_at
  })
}

/** The queue's jobs are handed out again. Resuming what is not paused changes nothing. @throws MILLRACE_QUEUE_NO_SUCH_QUEUE */
export async function resumeQueue(db: Database, queue: string, options: ResumeOptions = {}): Promise<void> {
  await db.outsideTransaction(async () => {
    const { rows } = await db.query<{ lanes: readonly number[] }>(resumeQueueStatement, [queue])
    if (rows[0] === undefined) throw await unknown(db, queue)
    for (const lane of rows[0].lanes) options.hints?.workIn(lane)
  })
}

/** The same for the jobs of one task, in whatever queue they are. Answers since when. Any name will do: see PausedTask. */
export async function pauseTask(db: Database, task: string): Promise<Date> {
  return db.outsideTransaction(async () => {
    const { rows } = await db.query<{ paused_at: Date; lanes: readonly number[] }>(pauseTaskStatement, [task])
    await passLanes(db, rows[0]?.lanes ?? [])
    return rows[0]?.paused_at ?? new Date(0)
  })
}

/**
 * The task's jobs are handed out again, and those that were parked come back, in the order in which they were parked, with
 * their attempts and errors; in a queue with rules, with their key and tenant, but without a slot. They come behind what
 * waits already: jobs of a key in order (fifo) that were submitted since may have gone ahead of those that were parked.
 *
 * Blocks of RESUME_BLOCK_MAX commit by themselves: whoever is killed half way loses nothing, and calling again does the rest.
 * Answers how many came back.
 */
export async function resumeTask(db: Database, task: string, options: ResumeTaskOptions = {}): Promise<number> {
  const { hints, onProgress, signal } = options
  return db.outsideTransaction(async () => {
    const { rows } = await db.query<{ lanes: readonly number[] }>(resumeTaskStatement, [task])
    // claims that are under way may still park some: after them, none does
    await passLanes(db, rows[0]?.lanes ?? [])
    for (let count = 0; ; ) {
      const block = await resumeParked(db, task)
      count += block.moved
      for (const lane of block.lanes) hints?.workIn(lane)
      if (block.moved > 0) onProgress?.(count)
      if (block.moved === 0 || signal?.aborted === true) return count
    }
  })
}

/** Everything that is paused. Tasks have no jobs counted beyond COUNT_EXACT_MAX: isEstimate, it is that many or more. */
export async function listPaused(db: Queryable): Promise<Paused> {
  const { rows } = await db.query<{
    readonly kind: 'queue' | 'task'
    readonly name: string
    readonly paused_at: Date | null
    readonly parked: number
  }>(listStatement, [COUNT_EXACT_MAX])
  return {
    queues: rows.flatMap(({ kind, name, paused_at: pausedAt }) =>
      kind === 'queue' && pausedAt !== null ? [{ queue: name, pausedAt }] : [],
    ),
    tasks: rows.flatMap(({ kind, name, paused_at: pausedAt, parked }) =>
      kind === 'task'
        ? [{ task: name, pausedAt, parked: { count: parked, isEstimate: parked >= COUNT_EXACT_MAX } }]
        : [],
    ),
  }
}

async function resumeParked(
  db: Queryable,
  task: string,
): Promise<{ readonly moved: number; readonly lanes: readonly number[] }> {
  const { rows } = await db.query<{ moved: number; lanes: readonly number[] | null }>(resumeParkedStatement, [
    task,
    RESUME_BLOCK_MAX,
  ])
  return { moved: rows[0]?.moved ?? 0, lanes: rows[0]?.lanes ?? [] }
}

/** Waits until the claims that are under way have ended: they may not have seen what was changed. */
async function passLanes(db: Queryable, lanes: readonly number[]): Promise<void> {
  for (const lane of lanes) await db.query(passStatement, [lane])
}

async function unknown(db: Queryable, queue: string): Promise<Error> {
  return noSuchQueue(queue, new Set((await listLanes(db)).map((lane) => lane.queue)))
}
