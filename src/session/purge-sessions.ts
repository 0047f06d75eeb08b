/** The worker's part: it tidies up what is over. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const purgeStatement = sql(import.meta.url, 'sql/purge-sessions.sql')

const PURGE_COUNT_MAX = 5_000

/** Removes sessions that are over, a bounded number at a time. */
export async function purgeSessions(db: Queryable): Promise<void> {
  await db.query(purgeStatement, [PURGE_COUNT_MAX])
}
