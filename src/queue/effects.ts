/**
 * The record of effects outside the database: what a handler has done elsewhere, by name, with what came of it. A handler
 * that is run again finds its record and does not do it twice. Between the effect and its record the process may die: then
 * it is done again, with the same idempotency key, by which the other side can tell. A record lives as long as an
 * operation that has ended (purge.ts), from when it was made: a job that is run again after that does it again.
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
