/** Deferred jobs whose time has come go into the log. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const promoteStatement = sql(import.meta.url, 'sql/promote.sql')

/** Jobs moved in one call. */
export const PROMOTE_COUNT_MAX = 1_000

export interface Promotion {
  readonly moved: number
  readonly lanes: readonly number[]
  /** Where this pass ended: pass it to the next call, which then need not walk over what is gone. */
  readonly lastDue: string | null
}

/** Moves up to PROMOTE_COUNT_MAX due jobs. `after` null looks from the very edge, which finds late commits as well. */
export async function promote(db: Queryable, after: string | null): Promise<Promotion> {
  const { rows } = await db.query<{ moved: number; lanes: number[] | null; last_due: string | null }>(
    promoteStatement,
    [PROMOTE_COUNT_MAX, after],
  )
  const row = rows[0]
  return { moved: row?.moved ?? 0, lanes: row?.lanes ?? [], lastDue: row?.last_due ?? null }
}
