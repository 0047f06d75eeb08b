/** The end of attempts: one statement for many jobs. Who no longer holds an entry changes nothing. */
import { strict as assert } from 'node:assert'
import { sql } from '../data/sql.ts'
import { OpenTransaction, type Queryable, type Transaction } from '../data/transaction.ts'
import { queueErrors } from './errors.ts'
import { type EntryKey, ERRORS_COUNT_MAX, ERRORS_FIRST_COUNT, hasBegun, type Outcome } from './job.ts'

const settleSucceeded = sql(import.meta.url, 'sql/settle-succeeded.sql')
const settleAll = sql(import.meta.url, 'sql/settle.sql')
const settleInside = sql(import.meta.url, 'sql/settle-within.sql')
const carveStatement = sql(import.meta.url, 'sql/carve.sql')
const closeStatement = sql(import.meta.url, 'sql/close-leases.sql')

/** What became of one job that has an entry of its own. */
export interface Settlement {
  readonly entry: EntryKey
  readonly isTracked: boolean
  readonly outcome: Outcome
}

/** An entry, and how many jobs it had when it was leased. */
export interface SettledEntry extends EntryKey {
  readonly count: number
}

/** What one statement settles. */
export interface Batch {
  /** Entries whose untracked jobs have all succeeded, the common case: they are deleted, and that is all. */
  readonly succeeded: readonly SettledEntry[]
  readonly others: readonly Settlement[]
}

/** Settles, and closes `leases` (those of which nothing is left). Answers how many entries were no longer ours. */
export async function settle(db: Queryable, batch: Batch, leases: readonly string[]): Promise<number> {
  const { succeeded, others } = batch
  let settled = 0
  if (others.length > 0) settled += await settleOthers(db, others, succeeded.length === 0 ? leases : [])
  if (succeeded.length > 0) {
    const { rows } = await db.query<{ settled: number }>(settleSucceeded, [
      ...keyColumns(succeeded),
      succeeded.map((entry) => entry.count),
      leases,
    ])
    settled += rows[0]?.settled ?? 0
  }
  if (succeeded.length + others.length === 0 && leases.length > 0) await db.query(closeStatement, [leases])
  return succeeded.length + others.length - settled
}

/**
 * Takes packs apart: each job that is kept gets an entry of its own, the others have succeeded. Answers how many of the
 * packs were no longer ours.
 */
export async function carve(
  db: Queryable,
  packs: readonly { readonly pack: SettledEntry; readonly kept: readonly number[] }[],
): Promise<number> {
  const kept = packs.flatMap(({ pack, kept }) => kept.map((n) => ({ pack, n })))
  const { rows } = await db.query<{ carved: number }>(carveStatement, [
    ...keyColumns(kept.map((k) => k.pack)),
    kept.map((k) => k.pack.count),
    kept.map((k) => k.n),
  ])
  return packs.length - (rows[0]?.carved ?? 0)
}

async function settleOthers(
  db: Queryable,
  settlements: readonly Settlement[],
  leases: readonly string[],
): Promise<number> {
  const outcomes = settlements.map((s) => s.outcome)
  const { rows } = await db.query(settleAll, [
    ...keyColumns(settlements.map((s) => s.entry)),
    outcomes.map((o) => o.kind),
    outcomes.map((o) => (o.kind === 'retry' || o.kind === 'postponed' ? Math.ceil(o.afterMs) : null)),
    outcomes.map((o) => ('error' in o ? JSON.stringify(o.error) : null)),
    outcomes.map((o) => (o.kind === 'succeeded' ? o.result : null)),
    outcomes.map((o) => (o.kind === 'failed' ? o.reason : null)),
    outcomes.map((o) => (o.kind === 'parked' ? o.version : null)),
    outcomes.map(hasBegun),
    leases,
    ERRORS_COUNT_MAX,
    ERRORS_FIRST_COUNT,
  ])
  return rows.length
}

function keyColumns(keys: readonly EntryKey[]): readonly [number[], string[], string[], string[]] {
  return [keys.map((k) => k.lane), keys.map((k) => k.xid), keys.map((k) => k.seq), keys.map((k) => k.id)]
}

/** SQLSTATE of routines/settle-within.sql. */
const LEASE_LOST = 'MR002'

/**
 * Completes a job with the commit of the handler's own transaction, which must be an outermost one: its effects and its
 * completion are there together, or neither is. When the job was given to someone else meanwhile, that commit fails with
 * MILLRACE_QUEUE_LEASE_LOST.
 */
export function settleWithin(
  tx: Transaction,
  job: { readonly id: string; readonly key: EntryKey },
  result: string | null,
): void {
  assert.ok(tx instanceof OpenTransaction, 'the transaction is of our own database')
  const { lane, xid, seq, id } = job.key
  tx.withCommit(settleInside, [lane, xid, seq, id, result], (error) =>
    (error as { readonly code?: unknown }).code === LEASE_LOST
      ? queueErrors.MILLRACE_QUEUE_LEASE_LOST({ jobId: job.id }, error)
      : error,
  )
}
