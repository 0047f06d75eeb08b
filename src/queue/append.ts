/** The statement that puts jobs into the log, for one job or many, in whatever transaction the caller stands. */

import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { NewJob, Place } from './new-job.ts'
import { type NewEntry, pack } from './pack.ts'

const append = sql(import.meta.url, 'sql/append.sql')
const appendPlain = sql(import.meta.url, 'sql/append-plain.sql')
const NONE_TAKEN: ReadonlyMap<number, string> = new Map()

/**
 * Appends the jobs in one statement. Answers, for those whose key was taken, the id of the job that holds it, by index.
 * Keys must be distinct within one call.
 */
export async function appendJobs(db: Queryable, jobs: readonly NewJob[]): Promise<ReadonlyMap<number, string>> {
  if (jobs.every(isPlain)) {
    await appendPacks(db, pack(jobs))
    return NONE_TAKEN
  }
  const column = <K extends keyof NewJob>(name: K): NewJob[K][] => jobs.map((job) => job[name])
  const { rows } = await db.query<{ n: number; job: string }>(append, [
    column('lane'),
    column('id'),
    column('task'),
    column('isTracked'),
    column('payload'),
    column('headers'),
    column('delayMs'),
    column('idempotencyKey'),
    column('idempotencyMs'),
    ...placesOf(jobs),
  ])
  return new Map(rows.filter((row) => row.job !== jobs[row.n - 1]?.id).map((row) => [row.n - 1, row.job]))
}

function placesOf(of: readonly { readonly place: Place | null }[]): readonly (readonly (string | null)[])[] {
  return [
    of.map((o) => o.place?.key ?? null),
    of.map((o) => o.place?.tenant ?? null),
    of.map((o) => o.place?.priority ?? null),
  ]
}

async function appendPacks(db: Queryable, entries: readonly NewEntry[]): Promise<void> {
  const column = <K extends keyof NewEntry>(name: K): NewEntry[K][] => entries.map((entry) => entry[name])
  await db.query(appendPlain, [
    column('lane'),
    column('id'),
    column('task'),
    column('payload'),
    column('headers'),
    column('count'),
    column('pack'),
    ...placesOf(entries),
  ])
}

function isPlain(job: NewJob): boolean {
  return !job.isTracked && job.delayMs === null && job.idempotencyKey === null
}
