/**
 * Jobs that no release could run that was there when they were handed out: of a task that it did not know, or with an input
 * of a version that it could not read. They are parked, out of everyone's way, and wait for a release that can run them.
 */
import type { Task } from '../contract/task.ts'
import { oldestVersion } from '../contract/version.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const unparkStatement = sql(import.meta.url, 'sql/unpark.sql')

/** Jobs that one call takes back. */
export const UNPARK_COUNT_MAX = 1_000

/** A task that a release can run, and the versions of its input. */
export interface Runnable {
  readonly task: string
  readonly oldest: number
  readonly newest: number
}

/** What a release can run that has these tasks. */
export function runnableOf(tasks: Iterable<Task>): readonly Runnable[] {
  return [...tasks].map((task) => ({ task: task.name, oldest: oldestVersion(task), newest: task.version }))
}

export interface Unparked {
  readonly moved: number
  /** Where they wait now. */
  readonly lanes: readonly number[]
  /** Those whose operation has changed. */
  readonly tracked: readonly string[]
  /** Hand it to the next call of this pass: what is parked later is left to the next pass. */
  readonly before: string
}

/**
 * Puts up to UNPARK_COUNT_MAX parked jobs that can be run back into their lanes. No attempt was spent. Cheap when there is
 * none. `before`: null for the first call of a pass. A job that a release which cannot run it claims again is parked again;
 * by `before` no pass sees it twice, so old and new releases side by side never chase each other.
 */
export async function unpark(db: Queryable, runnable: readonly Runnable[], before: string | null): Promise<Unparked> {
  const { rows } = await db.query<Record<string, unknown> & Unparked>(unparkStatement, [
    runnable.map((r) => r.task),
    runnable.map((r) => r.oldest),
    runnable.map((r) => r.newest),
    UNPARK_COUNT_MAX,
    before,
  ])
  return rows[0] ?? { moved: 0, lanes: [], tracked: [], before: before ?? '' }
}
