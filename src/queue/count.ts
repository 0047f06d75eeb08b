/** Counts that stay cheap however many rows there are: exact up to a bound, past it what PostgreSQL's statistics say. */
import type { Statement } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

/** Rows that are looked at to count them; what is more than this is an estimate. */
export const COUNT_EXACT_MAX = 10_000

export interface Count {
  readonly count: number
  /** True when it is more than could be counted cheaply: the count is then PostgreSQL's guess. */
  readonly isEstimate: boolean
}

export function exactly(count: number): Count {
  return { count, isEstimate: false }
}

export function sumOf(counts: readonly Count[]): Count {
  return {
    count: counts.reduce((sum, { count }) => sum + count, 0),
    isEstimate: counts.some(({ isEstimate }) => isEstimate),
  }
}

/** How many rows the planner expects of an `explain (format json) select …`. Nothing is read. */
export async function estimate(db: Queryable, explain: Statement, values: readonly unknown[]): Promise<number> {
  const { rows } = await db.query<{ 'QUERY PLAN': readonly [{ readonly Plan: { readonly 'Plan Rows': number } }] }>(
    explain,
    values,
  )
  const expected = rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0
  return expected <= 1 ? 0 : expected // it never expects fewer than one
}
