/** What nobody will ask for any more. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const purgeStatement = sql(import.meta.url, 'sql/purge.sql')

/** How long an operation can be asked for after it ended. */
export const OPERATION_KEPT_MS = 7 * 24 * 3_600_000
/** How long a record of an effect is kept that nothing has forgotten before: a dead letter's, for one (effects.ts). */
export const EFFECT_KEPT_MS = 365 * 24 * 3_600_000
/** Rows of each kind in one statement, and statements in one call: with a call a minute, as many as a busy queue makes. */
export const PURGE_COUNT_MAX = 5_000
const ROUNDS_MAX = 100

/** Forgets all of it, in blocks, as long as there is a kind that fills one. */
export async function purge(db: Queryable): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const { rows } = await db.query<{ purged: number }>(purgeStatement, [
      OPERATION_KEPT_MS,
      PURGE_COUNT_MAX,
      EFFECT_KEPT_MS,
    ])
    if ((rows[0]?.purged ?? 0) < PURGE_COUNT_MAX) return
  }
}
