/** What nobody will ask for any more. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const purgeStatement = sql(import.meta.url, 'sql/purge.sql')

/** How long an operation can be asked for after it ended. */
export const OPERATION_KEPT_MS = 7 * 24 * 3_600_000
const PURGE_COUNT_MAX = 5_000

/** Forgets ended operations and expired idempotency keys, a bounded number at a time. */
export async function purge(db: Queryable): Promise<void> {
  await db.query(purgeStatement, [OPERATION_KEPT_MS, PURGE_COUNT_MAX])
}
