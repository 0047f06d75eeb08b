/** Deferred jobs whose time has come go into the log. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const promoteStatement = sql(import.meta.url, 'sql/promote.sql')

/** Jobs moved in one call. */
export const PROMOTE_COUNT_MAX = 1_000
/**
 * A job may be committed when its time has passed already: a retry with a short wait, a timer of a rate. As late as this,
 * the next pass finds it all the same; the jobs of so long a time are few, and few are the dead rows that it walks over.
 */
export const PROMOTE_LATE_MS = 1_000

export interface Promotion {
  readonly moved: number
  readonly lanes: readonly number[]
  /** Where this pass ended: pass it to the next call, which then need not walk over what is gone. */
  readonly lastDue: string | null
  /** Where the next pass has to begin when nothing is left of the one that began with this call. Null: another process is at it. */
  readonly seesTo: string | null
}

interface PromoteRow {
  readonly moved: number
  readonly lanes: number[] | null
  readonly last_due: string | null
  readonly sees_to: string
}

/** Moves up to PROMOTE_COUNT_MAX due jobs. `after` null looks from the very edge, which finds late commits as well. */
export async function promote(db: Queryable, after: string | null): Promise<Promotion> {
  const { rows } = await db.query<PromoteRow>(promoteStatement, [PROMOTE_COUNT_MAX, after, PROMOTE_LATE_MS])
  const row = rows[0]
  return {
    moved: row?.moved ?? 0,
    lanes: row?.lanes ?? [],
    lastDue: row?.last_due ?? null,
    seesTo: row?.sees_to ?? null,
  }
}
