/** The statement that puts jobs into the log, for one job or many, in whatever transaction the caller stands. */

import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { isDelayed, type NewJob, type Place } from './new-job.ts'
import { type NewEntry, pack } from './pack.ts'

const append = sql(import.meta.url, 'sql/append.sql')
const appendPlain = sql(import.meta.url, 'sql/append-plain.sql')
const appendQuickly = sql(import.meta.url, 'sql/append-quick.sql')
const NONE_TAKEN: ReadonlyMap<number, string> = new Map()

/**
 * Appends the jobs in one statement. Answers, for those whose key was taken, the id of the job that holds it, by index.
 * Keys must be distinct within one call.
 *
 * @param keyWaitMs how long a key may be waited for that an open transaction holds; past it, the statement fails with
 * SQLSTATE 55P03. Only outside a transaction.
 */
export async function appendJobs(
  db: Queryable,
  jobs: readonly NewJob[],
  keyWaitMs: number | null = null,
): Promise<ReadonlyMap<number, string>> {
  if (jobs.every(isPlain)) {
    await db.query(appendPlain, entryColumns(pack(jobs)))
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
    keyWaitMs,
    column('runAtMs'),
  ])
  return new Map(rows.filter((row) => row.job !== jobs[row.n - 1]?.id).map((row) => [row.n - 1, row.job]))
}

/**
 * Appends plain jobs and sends the hint in one call: workers begin to claim while the disk is still written to. Resolves
 * when the jobs are durable. Not inside a transaction.
 */
export async function appendQuick(db: Queryable, jobs: readonly NewJob[], hint: string): Promise<void> {
  await db.query(appendQuickly, [...entryColumns(pack(jobs)), hint])
}

/** True for a job that is one row of the log and nothing else: untracked, undelayed, without an idempotency key. */
export function isPlain(job: NewJob): boolean {
  return !job.isTracked && !isDelayed(job) && job.idempotencyKey === null
}

function entryColumns(entries: readonly NewEntry[]): readonly unknown[] {
  const column = <K extends keyof NewEntry>(name: K): NewEntry[K][] => entries.map((entry) => entry[name])
  return [
    column('lane'),
    column('id'),
    column('task'),
    column('payload'),
    column('headers'),
    column('count'),
    column('pack'),
    ...placesOf(entries),
  ]
}

function placesOf(of: readonly { readonly place: Place | null }[]): readonly (readonly (string | null)[])[] {
  return [
    of.map((o) => o.place?.key ?? null),
    of.map((o) => o.place?.tenant ?? null),
    of.map((o) => o.place?.priority ?? null),
  ]
}
