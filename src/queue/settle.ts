/** The end of attempts: one statement for many jobs. Who no longer holds an entry changes nothing. */
import { sql } from '../data/sql.ts'
import type { Queryable, Transaction } from '../data/transaction.ts'
import { queueErrors } from './errors.ts'
import type { EntryKey, Outcome } from './job.ts'

const settleSucceeded = sql(import.meta.url, 'sql/settle-succeeded.sql')
const settleAll = sql(import.meta.url, 'sql/settle.sql')
const settleInside = sql(import.meta.url, 'sql/settle-within.sql')
const closeStatement = sql(import.meta.url, 'sql/close-leases.sql')

export interface Settlement {
  readonly entry: EntryKey & { readonly id: string }
  readonly isTracked: boolean
  readonly outcome: Outcome
}

/**
 * Settles the jobs and closes `leases` (those of which nothing is left). Answers how many entries were no longer ours.
 * Untracked successes, the common case, take the short way: their entries are deleted, and that is all.
 */
export async function settle(
  db: Queryable,
  settlements: readonly Settlement[],
  leases: readonly string[],
): Promise<number> {
  const isPlain = (s: Settlement): boolean => s.outcome.kind === 'succeeded' && !s.isTracked
  const plain = settlements.filter(isPlain)
  const others = settlements.filter((s) => !isPlain(s))
  let settled = 0
  if (others.length > 0) settled += await settleOthers(db, others, plain.length === 0 ? leases : [])
  if (plain.length > 0) {
    const { rows } = await db.query<{ settled: number }>(settleSucceeded, [...keyColumns(plain), leases])
    settled += rows[0]?.settled ?? 0
  }
  if (settlements.length === 0 && leases.length > 0) await db.query(closeStatement, [leases])
  return settlements.length - settled
}

async function settleOthers(
  db: Queryable,
  settlements: readonly Settlement[],
  leases: readonly string[],
): Promise<number> {
  const outcomes = settlements.map((s) => s.outcome)
  const { rows } = await db.query(settleAll, [
    ...keyColumns(settlements),
    outcomes.map((o) => o.kind),
    outcomes.map((o) => (o.kind === 'retry' || o.kind === 'postponed' ? Math.ceil(o.afterMs) : null)),
    outcomes.map((o) => (o.kind === 'retry' || o.kind === 'failed' ? JSON.stringify(o.error) : null)),
    outcomes.map((o) => (o.kind === 'succeeded' ? o.result : null)),
    outcomes.map((o) => (o.kind === 'failed' ? o.reason : null)),
    leases,
  ])
  return rows.length
}

function keyColumns(settlements: readonly Settlement[]): readonly [number[], string[], string[]] {
  const keys = settlements.map((s) => s.entry)
  return [keys.map((k) => k.lane), keys.map((k) => k.xid), keys.map((k) => k.seq)]
}

/**
 * Completes a job inside the handler's own transaction: its effects and its completion commit together, or neither does.
 *
 * @throws MILLRACE_QUEUE_LEASE_LOST when the job was given to someone else: the transaction must roll back.
 */
export async function settleWithin(
  tx: Transaction,
  job: { readonly id: string; readonly entry: EntryKey },
  result: string | null,
): Promise<void> {
  const { lane, xid, seq } = job.entry
  const { rows } = await tx.query(settleInside, [lane, xid, seq, result])
  if (rows.length === 0) throw queueErrors.MILLRACE_QUEUE_LEASE_LOST({ jobId: job.id })
}
