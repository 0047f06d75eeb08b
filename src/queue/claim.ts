/** Looking for work, and leasing it. How the log is read: routines/claim.sql. */
import { strict as assert } from 'node:assert'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { ClaimedJob } from './job.ts'

const probeStatement = sql(import.meta.url, 'sql/probe.sql')
const claimStatement = sql(import.meta.url, 'sql/claim.sql')

/** Entries in one claim at most: a lease holds all their keys in one row. */
export const CLAIM_COUNT_MAX = 2_000

/** What a look found. `lanes` have work; `dueInMs` is when the next deferred job is due (negative: already). */
export interface Probe {
  readonly lanes: readonly number[]
  readonly dueInMs: number | undefined
}

/** Looks, in one read-only statement, which of the lanes have work. `promotedTo`: how far promotion has come. */
export async function probe(db: Queryable, lanes: readonly number[], promotedTo: string | null): Promise<Probe> {
  const { rows } = await db.query<{ lanes: number[]; due_in_ms: number | null }>(probeStatement, [lanes, promotedTo])
  return { lanes: rows[0]?.lanes ?? [], dueInMs: rows[0]?.due_in_ms ?? undefined }
}

interface ClaimRow {
  readonly lease: string
  readonly xid: string
  readonly seq: string
  readonly id: string
  readonly task: string
  readonly tracked: boolean
  readonly attempt: number
  readonly crashes: number
  readonly payload: string
  readonly headers: Readonly<Record<string, string>> | null
}

export interface ClaimRequest {
  readonly lane: number
  /** 1 to CLAIM_COUNT_MAX. */
  readonly countMax: number
  /** The worker's id, which must be registered and not declared dead. */
  readonly worker: string
}

/**
 * Leases up to `countMax` entries of a lane to a worker, in the order in which they committed (roughly: unordered within
 * what committed together). An empty list means that nothing was there.
 *
 * Guarantee: an entry is handed out once; it comes back only through rescue, retry or return, each of which makes a new
 * entry. Fails with SQLSTATE MR001 when the worker was declared dead.
 */
export async function claim(db: Queryable, request: ClaimRequest): Promise<readonly ClaimedJob[]> {
  assert.ok(
    request.countMax >= 1 && request.countMax <= CLAIM_COUNT_MAX,
    'a claim asks for 1 to CLAIM_COUNT_MAX entries',
  )
  const { rows } = await db.query<ClaimRow>(claimStatement, [request.lane, request.countMax, request.worker])
  return rows.map(({ tracked, ...row }) => ({ ...row, lane: request.lane, isTracked: tracked }))
}
