/** Looking for work, and leasing it. How the log is read: routines/claim.sql. */
import { strict as assert } from 'node:assert'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { machineId } from '../kernel/processes.ts'
import { ClaimedEntry, type ClaimRow, PACK_COUNT_MAX } from './claimed.ts'

const probeStatement = sql(import.meta.url, 'sql/probe.sql')
const claimGovernedStatement = sql(import.meta.url, 'sql/claim-governed.sql')
const receiveAheadStatement = sql(import.meta.url, 'sql/receive-ahead.sql')
const claimStatement = sql(import.meta.url, 'sql/claim.sql')

/** Jobs in one claim at most: a lease holds the keys of all their entries in one row. */
export const CLAIM_COUNT_MAX = 2_000

/** What a look found. `lanes` have work; `dueInMs` is when the next deferred job is due (negative: already). */
export interface Probe {
  readonly lanes: readonly number[]
  readonly dueInMs: number | undefined
  /** Other workers of this machine that nobody has declared dead. */
  readonly peers: readonly Peer[]
  /** Whether a worker, of whatever machine, has died or is late. */
  readonly hasDead: boolean
  /** Whether jobs are parked that some release may run. */
  readonly hasParked: boolean
}

/** A worker process of this machine. */
export interface Peer {
  readonly id: string
  readonly pid: number
  readonly startedAt: string
}

interface ProbeRow {
  readonly lanes: number[]
  readonly due_in_ms: number | null
  readonly peers: readonly Peer[]
  readonly has_dead: boolean
  readonly has_parked: boolean
}

const NOBODY = '00000000-0000-0000-0000-000000000000'

/**
 * Looks, in one read-only statement, which of the lanes have work, and what else there is to do. `promotedTo`: how far
 * promotion has come. `worker`: who asks.
 */
export async function probe(
  db: Queryable,
  lanes: readonly number[],
  promotedTo: string | null,
  worker: string = NOBODY,
): Promise<Probe> {
  const { rows } = await db.query<ProbeRow>(probeStatement, [lanes, promotedTo, machineId(), worker])
  const [row] = rows
  assert.ok(row !== undefined, 'a probe always answers')
  const { due_in_ms, has_dead, has_parked } = row
  return {
    lanes: row.lanes,
    dueInMs: due_in_ms ?? undefined,
    peers: row.peers,
    hasDead: has_dead,
    hasParked: has_parked,
  }
}

export interface ClaimRequest {
  readonly lane: number
  /** Whether it is the flow lane of a governed queue. */
  readonly isGoverned?: boolean
  /** 1 to CLAIM_COUNT_MAX. */
  readonly countMax: number
  /** Jobs in one pack at most: larger ones are cut. 1 gives every job an entry of its own. */
  readonly packMax?: number
  /** The worker's id, which must be registered and not declared dead. */
  readonly worker: string
}

/**
 * Leases up to `countMax` jobs of a lane to a worker, in the order in which they committed (roughly: unordered within
 * what committed together). An empty list means that nothing was there.
 *
 * Guarantee: a job is handed out once; it comes back only through rescue, retry or return, each of which makes a new
 * entry. Fails with SQLSTATE MR001 when the worker was declared dead.
 */
export async function claim(db: Queryable, request: ClaimRequest): Promise<readonly ClaimedEntry[]> {
  const { lane, isGoverned = false, countMax, packMax = PACK_COUNT_MAX, worker } = request
  assert.ok(countMax >= 1 && countMax <= CLAIM_COUNT_MAX, 'a claim asks for 1 to CLAIM_COUNT_MAX jobs')
  const statement = isGoverned ? claimGovernedStatement : claimStatement
  const { rows } = await db.query<ClaimRow>(statement, [lane, countMax, packMax, worker])
  return rows.map((row) => new ClaimedEntry(row, lane))
}

/**
 * Receives one block of what has arrived in a governed queue, when there is more than the next claim would receive anyway:
 * for a worker that has no room to claim. Answers whether there was, and so whether there may be yet more.
 */
export async function receiveAhead(
  db: Queryable,
  { flow, worker }: { readonly flow: number; readonly worker: string },
): Promise<boolean> {
  const { rows } = await db.query<{ received: boolean }>(receiveAheadStatement, [flow, worker])
  return rows[0]?.received === true
}
