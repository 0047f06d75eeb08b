/** What became of jobs: kept for some days, a partition of the table each, which are dropped whole. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { JobError } from './job.ts'
import { lanesOf } from './known-queues.ts'
import { operatorErrors } from './operator-errors.ts'

const keepStatement = sql(import.meta.url, 'sql/keep-history.sql')
const listStatement = sql(import.meta.url, 'sql/list-history.sql')

/** Jobs in one page. */
const PAGE_COUNT_MAX = 1_000
/** Days that history is kept, unless the application says otherwise. */
export const HISTORY_DAYS = 14
/** Partitions made ahead, so that a night without a worker costs nothing. */
const DAYS_AHEAD = 3
/** How long the table's owner may be waited for; past it, the next minute tries again. */
const LOCK_MS = 200

export const ENDED_STATUSES = ['succeeded', 'failed', 'cancelled'] as const
export type EndedStatus = (typeof ENDED_STATUSES)[number]

/** A job that has ended. */
export interface EndedJob {
  readonly id: string
  readonly queue: string
  readonly task: string
  readonly status: EndedStatus
  /** Why it failed; null when it did not. */
  readonly reason: 'attempts' | 'permanent' | 'crashes' | 'expired' | null
  /** Attempts spent. */
  readonly attempt: number
  readonly crashes: number
  /** What went wrong, oldest first. */
  readonly errors: readonly JobError[]
  readonly endedAt: Date
}

export interface HistoryPage {
  /** 1 to 1,000. */
  readonly limit: number
  readonly queue?: string
  readonly task?: string
  readonly status?: EndedStatus
  /** The last one of the page before. */
  readonly after?: { readonly endedAt: Date; readonly id: string }
}

/**
 * Ended jobs, newest first: those that failed or were cancelled, tracked ones, and all of tasks with `history: 'all'`. A job
 * that was redriven stands there once for each of its ends.
 *
 * @throws MILLRACE_QUEUE_NO_SUCH_QUEUE, MILLRACE_QUEUE_ARGUMENT_INVALID
 */
export async function listHistory(db: Queryable, page: HistoryPage): Promise<readonly EndedJob[]> {
  const { limit: value } = page
  const rule = `a whole number from 1 to ${PAGE_COUNT_MAX}`
  if (!Number.isInteger(value) || value < 1 || value > PAGE_COUNT_MAX)
    throw operatorErrors.MILLRACE_QUEUE_ARGUMENT_INVALID({ argument: 'limit', value, rule })
  if (page.queue !== undefined) await lanesOf(db, page.queue)
  const { rows } = await db.query<Omit<EndedJob, 'endedAt'> & { readonly ended_at: Date }>(listStatement, [
    page.limit,
    page.queue ?? null,
    page.task ?? null,
    page.status ?? null,
    page.after?.endedAt ?? null,
    page.after?.id ?? null,
  ])
  return rows.map(({ ended_at, errors, ...row }) => ({ ...row, errors: errors ?? [], endedAt: ended_at }))
}

/** Makes the partitions of the next days and drops those older than `days`. Safe to call from any process at any time. */
export async function keepHistory(
  db: Queryable,
  days: number,
): Promise<{ readonly made: number; readonly dropped: number }> {
  const { rows } = await db.query<{ made: number; dropped: number }>(keepStatement, [days, DAYS_AHEAD, LOCK_MS])
  return rows[0] ?? { made: 0, dropped: 0 }
}
