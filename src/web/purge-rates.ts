/** The worker's part in rates: it forgets clients that have not asked for a while. It loads nothing else of the web. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const purgeStatement = sql(import.meta.url, 'sql/purge-rates.sql')

const PURGE_COUNT_MAX = 50_000

/** Forgets clients who may do everything at once again, a bounded number at a time. */
export async function purgeRates(db: Queryable): Promise<void> {
  await db.query(purgeStatement, [PURGE_COUNT_MAX])
}
