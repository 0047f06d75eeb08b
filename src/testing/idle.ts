/** Whether there is anything left for a worker to do now. */
import type { Contract } from '../contract/contract.ts'
import type { Database } from '../data/database.ts'
import { sql } from '../data/sql.ts'
import { probe } from '../queue/claim.ts'
import type { Handlers } from '../worker/handler.ts'

const listLanes = sql(import.meta.url, 'sql/list-lanes.sql')
const countLeases = sql(import.meta.url, 'sql/count-leases.sql')

/** `waiting`: jobs are there and nobody has taken them yet. */
export type Idleness = 'idle' | 'waiting' | 'running'

/** The lanes that a worker with these handlers claims from. What lies in others waits for another application. */
export async function lanesOfHandlers(
  db: Database,
  contract: Contract,
  handlers: Handlers,
): Promise<readonly number[]> {
  const queues = [...contract.tasks.values()].filter((t) => handlers.entries.has(t.name)).map((t) => t.queue.name)
  const { rows } = await db.query<{ id: number }>(listLanes, [queues])
  return rows.map((row) => row.id)
}

/**
 * Looks once, at one moment: a job that is between two places is seen in one of them. Jobs that are paused, not due yet, or
 * held up by the rules of their queue are nothing to do.
 */
export async function isIdle(db: Database, lanes: readonly number[]): Promise<Idleness> {
  return db.outsideTransaction(() =>
    db.transaction(async (tx) => {
      await tx.query('set transaction isolation level repeatable read')
      const { rows } = await tx.query<{ count: number }>(countLeases)
      const { lanes: full, dueInMs } = await probe(tx, lanes, null)
      if ((rows[0]?.count ?? 0) > 0) return 'running'
      return full.length > 0 || (dueInMs ?? 1) <= 0 ? 'waiting' : 'idle'
    }),
  )
}
