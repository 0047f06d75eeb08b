/** Dead letters: jobs that will not be tried again by themselves. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { JobError } from './job.ts'

const listStatement = sql(import.meta.url, 'sql/list-dead.sql')
const redriveStatement = sql(import.meta.url, 'sql/redrive.sql')

export interface DeadLetter {
  readonly id: string
  readonly queue: string
  readonly task: string
  readonly attempt: number
  readonly crashes: number
  readonly payload: string
  /** What went wrong, oldest first. */
  readonly errors: readonly JobError[]
  /** attempts: all were spent; permanent: the handler said that no retry helps; crashes: workers died under it. */
  readonly reason: 'attempts' | 'permanent' | 'crashes'
  readonly diedAt: Date
}

interface DeadRow {
  readonly id: string
  readonly queue: string
  readonly task: string
  readonly attempt: number
  readonly crashes: number
  readonly payload: string
  readonly errors: readonly JobError[] | null
  readonly reason: DeadLetter['reason']
  readonly died_at: Date
}

/** Newest first, `limit` at most, after the one last seen. */
export async function listDeadLetters(
  db: Queryable,
  page: { readonly limit: number; readonly after?: { readonly diedAt: Date; readonly id: string } },
): Promise<readonly DeadLetter[]> {
  const { rows } = await db.query<DeadRow>(listStatement, [
    page.limit,
    page.after?.diedAt ?? null,
    page.after?.id ?? null,
  ])
  return rows.map(({ died_at, errors, ...row }) => ({ ...row, errors: errors ?? [], diedAt: died_at }))
}

/** Puts dead letters back into their queue with a clean slate. Answers the ids that were there: repeating it is safe. */
export async function redrive(db: Queryable, ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(redriveStatement, [ids])
  return rows.map((row) => row.id)
}
