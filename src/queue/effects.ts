/**
 * The record of effects outside the database: what a handler has done elsewhere, by name, with what came of it. A handler
 * that is run again finds its record and does not do it twice. Between the effect and its record the process may die: then
 * it is done again, with the same idempotency key, by which the other side can tell.
 *
 * A record goes when nothing can run its job again: when the job has succeeded, was cancelled or came too late, or when its
 * dead letter is discarded. What is left behind goes after EFFECT_KEPT_MS (purge.ts): of an attempt that was late, or of an
 * untracked job that succeeded without asking for its records again.
 */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const findStatement = sql(import.meta.url, 'sql/find-effect.sql')
const recordStatement = sql(import.meta.url, 'sql/record-effect.sql')

/** The record of an effect, as JSON text; undefined when there is none. */
export async function findEffect(db: Queryable, job: string, name: string): Promise<string | null | undefined> {
  const { rows } = await db.query<{ result: string | null }>(findStatement, [job, name])
  return rows[0]?.result
}

/** Keeps what came of an effect. The first record stays. */
export async function recordEffect(db: Queryable, job: string, name: string, result: string | null): Promise<void> {
  await db.query(recordStatement, [job, name, result])
}
