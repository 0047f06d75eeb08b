/** The statement that puts jobs into the log, for one job or many, in whatever transaction the caller stands. */

import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const append = sql(import.meta.url, 'sql/append.sql')
const appendPlain = sql(import.meta.url, 'sql/append-plain.sql')
const NONE_TAKEN: ReadonlyMap<number, string> = new Map()

/** A job that has been checked and only needs to be written. */
export interface NewJob {
  readonly lane: number
  readonly id: string
  readonly task: string
  readonly isTracked: boolean
  /** JSON text. */
  readonly payload: string
  readonly headers: string | null
  readonly delayMs: number | null
  readonly key: string | null
  readonly keyMs: number
}

/**
 * Appends the jobs in one statement. Answers, for those whose key was taken, the id of the job that holds it, by index.
 * Keys must be distinct within one call.
 */
export async function appendJobs(db: Queryable, jobs: readonly NewJob[]): Promise<ReadonlyMap<number, string>> {
  const column = <K extends keyof NewJob>(name: K): NewJob[K][] => jobs.map((job) => job[name])
  if (jobs.every(isPlain)) {
    const columns = [column('lane'), column('id'), column('task'), column('payload'), column('headers')]
    await db.query(appendPlain, columns)
    return NONE_TAKEN
  }
  const { rows } = await db.query<{ n: number; job: string }>(append, [
    column('lane'),
    column('id'),
    column('task'),
    column('isTracked'),
    column('payload'),
    column('headers'),
    column('delayMs'),
    column('key'),
    column('keyMs'),
  ])
  return new Map(rows.filter((row) => row.job !== jobs[row.n - 1]?.id).map((row) => [row.n - 1, row.job]))
}

function isPlain(job: NewJob): boolean {
  return !job.isTracked && job.delayMs === null && job.key === null
}
