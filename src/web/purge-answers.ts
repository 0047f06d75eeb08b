/** The worker's part in idempotency: it tidies up what the web process keeps. It loads nothing else of the web. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const purgeStatement = sql(import.meta.url, 'sql/purge-answers.sql')

const PURGE_COUNT_MAX = 5_000

/** Forgets answers whose time is over, a bounded number at a time. */
export async function purgeAnswers(db: Queryable): Promise<void> {
  await db.query(purgeStatement, [PURGE_COUNT_MAX])
}
