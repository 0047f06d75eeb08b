/** Deferred jobs whose time has come go into the log. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const promoteStatement = sql(import.meta.url, 'sql/promote.sql')
const raiseFloorStatement = sql(import.meta.url, 'sql/raise-floor.sql')

/** Jobs moved in one call. */
export const PROMOTE_COUNT_MAX = 1_000
/**
 * A job may be committed when its time has passed already: a retry with a short wait, a timer of a rate. As late as this,
 * the next pass finds it all the same; the jobs of so long a time are few, and few are the dead rows that it walks over.
 */
export const PROMOTE_LATE_MS = 1_000
/**
 * How long after it has asked for the time a transaction may write at the latest. One that was held up for longer is found by
 * a pass from the edge.
 */
const WRITE_LATE_MS = 5_000

export interface Promotion {
  readonly moved: number
  readonly lanes: readonly number[]
  /** Where this pass ended: pass it to the next call, which then need not walk over what is gone. */
  readonly lastDue: string | null
  /** Where the next pass has to begin when nothing is left of the one that began with this call. Null: another process is at it. */
  readonly seesTo: string | null
  /** How this call began: for `raiseFloor`, once the pass is over that began with it. Null: another process is at it. */
  readonly began: PassBegun | null
}

/** Where a pass began, and the oldest transaction that was under way then. */
export interface PassBegun {
  readonly at: string
  readonly oldest: string
}

interface PromoteRow {
  readonly moved: number
  readonly lanes: number[] | null
  readonly last_due: string | null
  readonly sees_to: string
  readonly began_at: string
  readonly oldest: string
}

/** Moves up to PROMOTE_COUNT_MAX due jobs. `after` null looks from the floor, which finds late commits as well. */
export async function promote(db: Queryable, after: string | null): Promise<Promotion> {
  const { rows } = await db.query<PromoteRow>(promoteStatement, [PROMOTE_COUNT_MAX, after, PROMOTE_LATE_MS])
  const row = rows[0]
  return {
    moved: row?.moved ?? 0,
    lanes: row?.lanes ?? [],
    lastDue: row?.last_due ?? null,
    seesTo: row?.sees_to ?? null,
    began: row === undefined ? null : { at: row.began_at, oldest: row.oldest },
  }
}

/** A pass from the floor has moved all that was due: the next ones need not look as far back. */
export async function raiseFloor(db: Queryable, { at, oldest }: PassBegun): Promise<void> {
  await db.query(raiseFloorStatement, [at, oldest, WRITE_LATE_MS])
}
