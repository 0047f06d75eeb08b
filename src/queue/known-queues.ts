/** The queues that the database knows, whatever release named them, and their lanes. */
import type { Priority } from '../contract/task.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { nearest } from '../kernel/nearest.ts'
import { operatorErrors } from './operator-errors.ts'

const listStatement = sql(import.meta.url, 'sql/list-lanes.sql')

export interface KnownLane {
  readonly id: number
  readonly queue: string
  readonly kind: 'ready' | 'quarantine' | 'intake' | 'flow'
  readonly priority: Priority
}

/** All lanes, queue by queue. */
export async function listLanes(db: Queryable): Promise<readonly KnownLane[]> {
  return (await db.query<KnownLane & Record<string, unknown>>(listStatement)).rows
}

/** The lanes of a queue; all lanes when none is named. @throws MILLRACE_QUEUE_NO_SUCH_QUEUE */
export async function lanesOf(db: Queryable, queue: string | undefined): Promise<readonly KnownLane[]> {
  const all = await listLanes(db)
  if (queue === undefined) return all
  const own = all.filter((lane) => lane.queue === queue)
  if (own.length === 0) throw noSuchQueue(queue, new Set(all.map((lane) => lane.queue)))
  return own
}

/** The error for a name that is none, with the one that may have been meant. */
export function noSuchQueue(queue: string, known: Iterable<string>): Error {
  return operatorErrors.MILLRACE_QUEUE_NO_SUCH_QUEUE({ queue, nearest: nearest(queue, known) })
}
