/**
 * Removes the blobs of inputs that no job needs any more: its job has ended for good, its transaction was rolled back, or
 * its submit failed half-way. One rule for all of them: a blob goes when it is older than ORPHAN_MS and its job is neither
 * in the log, nor deferred, nor parked, nor a dead letter.
 *
 * A job that is yet to be committed is in none of these either. Its blob was written after its transaction had begun, or
 * shortly before; so while some transaction has been open for TRANSACTION_MS, nothing is removed at all. That is asked
 * before the jobs are looked for: what has committed by then is seen. The difference of the two bounds is what the clocks
 * of the store and the database may differ by.
 */
import { sql } from '../../data/sql.ts'
import type { Queryable } from '../../data/transaction.ts'
import type { Clock } from '../../kernel/clock.ts'
import { jobOf, type PayloadStore } from './store.ts'

export const ORPHAN_MS = 2 * 3_600_000
export const TRANSACTION_MS = 3_600_000
/** How often one process sweeps. */
export const SWEEP_MS = 30 * 60_000
const BATCH_COUNT_MAX = 500

const findOldTransaction = sql(import.meta.url, '../sql/find-old-transaction.sql')
const findUnclaimed = sql(import.meta.url, '../sql/find-unclaimed.sql')

export interface SweepParts {
  readonly db: Queryable
  readonly store: PayloadStore
  readonly clock: Clock
  /** Fires when the process stops: the sweep ends with the blob that it is at. */
  readonly signal: AbortSignal
}

/** Sweeps once, any number of processes at a time. Answers how many blobs were removed. */
export async function sweepPayloads(parts: SweepParts): Promise<number> {
  const { db, store, clock, signal } = parts
  const before = clock.now() - ORPHAN_MS
  let removed = 0
  let batch: string[] = []
  for await (const { name, modifiedAt } of store.list()) {
    if (signal.aborted) return removed
    if (modifiedAt.getTime() < before) batch.push(name)
    if (batch.length < BATCH_COUNT_MAX) continue
    removed += await removeUnclaimed(db, store, batch)
    batch = []
  }
  return removed + (await removeUnclaimed(db, store, batch))
}

/** The sweep as housekeeping: asked often, it sweeps every SWEEP_MS. */
export function payloadHousekeeping(parts: SweepParts): () => Promise<void> {
  let nextAt = Number.NEGATIVE_INFINITY
  return async () => {
    const now = parts.clock.monotonic()
    if (now < nextAt) return
    nextAt = now + SWEEP_MS
    await sweepPayloads(parts)
  }
}

async function removeUnclaimed(db: Queryable, store: PayloadStore, names: readonly string[]): Promise<number> {
  if (names.length === 0) return 0
  const { rows: held } = await db.query<{ is_open: boolean }>(findOldTransaction, [TRANSACTION_MS])
  if (held[0]?.is_open !== false) return 0
  const { rows } = await db.query<{ id: string }>(findUnclaimed, [[...new Set(names.map(jobOf))]])
  const unclaimed = new Set(rows.map(({ id }) => id))
  const orphans = names.filter((name) => unclaimed.has(jobOf(name)))
  for (const name of orphans) await store.delete(name)
  return orphans.length
}
