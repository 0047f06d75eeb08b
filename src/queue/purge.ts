/** What nobody will ask for any more. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const purgeStatement = sql(import.meta.url, 'sql/purge.sql')

/** How long an operation can be asked for after it ended. */
export const OPERATION_KEPT_MS = 7 * 24 * 3_600_000
/** Rows of each kind in one statement, and statements in one call: with a call a minute, as many as a busy queue makes. */
const PURGE_COUNT_MAX = 5_000
const ROUNDS_MAX = 100

/** Forgets ended operations, records of effects and expired idempotency keys, a bounded number at a time. */
export async function purge(db: Queryable): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { rows } = await db.query<{ purged: number }>(purgeStatement, [OPERATION_KEPT_MS, PURGE_COUNT_MAX])
    if ((rows[0]?.purged ?? 0) < PURGE_COUNT_MAX) return
  }
}
