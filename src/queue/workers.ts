/** The worker processes as the database knows them: heartbeat, death, and what becomes of a dead one's jobs. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { isAlive, machineId, thisProcess } from '../kernel/processes.ts'
import type { Peer } from './claim.ts'

const registerStatement = sql(import.meta.url, 'sql/register-worker.sql')
const heartbeatStatement = sql(import.meta.url, 'sql/heartbeat.sql')
const retireStatement = sql(import.meta.url, 'sql/retire-workers.sql')
const rescueStatement = sql(import.meta.url, 'sql/rescue.sql')
const listLeasesStatement = sql(import.meta.url, 'sql/list-leases.sql')
const returnLeasesStatement = sql(import.meta.url, 'sql/return-leases.sql')
const leaveStatement = sql(import.meta.url, 'sql/leave.sql')

/** Leases that one call of rescue looks at, per worker. */
export const RESCUE_LEASES_MAX = 100
/** So many worker deaths under one job make it a dead letter. Before the last one it is in quarantine (routines/rescue.sql). */
export const CRASHES_MAX = 3

/** Registers a worker that lives in this process. */
export async function registerWorker(
  db: Queryable,
  worker: { readonly id: string; readonly leaseMs: number },
): Promise<void> {
  const { pid, startedAt } = thisProcess()
  await db.query(registerStatement, [worker.id, machineId(), pid, startedAt, worker.leaseMs])
}

/** Renews the lease. False: the worker was declared dead, its jobs are others' now. */
export async function heartbeat(db: Queryable, id: string, leaseMs: number): Promise<boolean> {
  return (await db.query(heartbeatStatement, [id, leaseMs])).rows.length > 0
}

/** The worker says that it is gone: what it may have left behind is rescued at once. */
export async function leave(db: Queryable, id: string): Promise<void> {
  await db.query(leaveStatement, [id])
}

/** Declares dead those workers of this machine whose process has ended, so that nobody waits for their lease to run out. */
export async function retireDeadWorkers(db: Queryable, peers: readonly Peer[]): Promise<readonly string[]> {
  const dead = peers.filter((peer) => !isAlive(peer)).map((peer) => peer.id)
  if (dead.length > 0) await db.query(retireStatement, [dead])
  return dead
}

export interface Rescue {
  readonly worker: string
  readonly queue: string
  /** Jobs that run again. */
  readonly moved: number
  /** Jobs that became dead letters: their worker died under them CRASHES_MAX times. */
  readonly died: number
}

/**
 * Gives what dead workers had leased to the living. `expiredToo`: also those that are merely late; leave it off until the
 * database has answered for a whole lease time, or an outage would make everyone look dead.
 */
export async function rescue(db: Queryable, options: { readonly expiredToo: boolean }): Promise<readonly Rescue[]> {
  const { rows } = await db.query<Record<string, unknown> & Rescue>(rescueStatement, [
    RESCUE_LEASES_MAX,
    CRASHES_MAX,
    options.expiredToo,
  ])
  return rows
}

/** The ids of the leases that the database says a worker holds. */
export async function listLeases(db: Queryable, worker: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(listLeasesStatement, [worker])
  return rows.map((row) => row.id)
}

/** Gives back leases whose claim's answer never reached the worker. Answers how many jobs go back to their queue. */
export async function returnLeases(db: Queryable, worker: string, leases: readonly string[]): Promise<number> {
  const { rows } = await db.query<{ returned: number }>(returnLeasesStatement, [worker, leases])
  return rows[0]?.returned ?? 0
}
