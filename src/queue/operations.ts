/** Operations: what is known of tracked jobs, for whoever asks. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { isUuid } from '../kernel/ids.ts'
import type { ClaimedJob } from './claimed.ts'
import { queueErrors } from './errors.ts'
import type { Hints } from './hints.ts'
import type { EntryKey, JobError, JobState } from './job.ts'

const findStatement = sql(import.meta.url, 'sql/find-operations.sql')
const findChangedStatement = sql(import.meta.url, 'sql/find-changed-operations.sql')
const cancelStatement = sql(import.meta.url, 'sql/cancel.sql')
const cancelHeldStatement = sql(import.meta.url, 'sql/cancel-held.sql')
const findCancelledStatement = sql(import.meta.url, 'sql/find-cancelled.sql')
const startStatement = sql(import.meta.url, 'sql/start-tracked.sql')
const progressStatement = sql(import.meta.url, 'sql/report-progress.sql')

/** How far a running job is: `done` from 0 to 1, and a word for people. */
export interface Progress {
  readonly done: number
  readonly note?: string
}

export interface Operation {
  readonly id: string
  readonly task: string
  readonly status: JobState
  /** The attempt under way or the last one made; 0 before the first. */
  readonly attempt: number
  readonly progress: Progress | null
  readonly result: unknown
  readonly error: JobError | null
  /** Rises with every change. */
  readonly version: number
  readonly submittedAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly isCancelRequested: boolean
  /** The account in whose name it was submitted; null: nobody's who is known. */
  readonly owner: string | null
}

interface OperationRow {
  readonly id: string
  readonly task: string
  readonly status: JobState
  readonly attempt: number
  readonly progress: Progress | null
  readonly result: unknown
  readonly error: JobError | null
  readonly version: string
  readonly submitted_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
  readonly cancel_requested_at: Date | null
  readonly owner: string | null
}

/** Who is told of a cancellation. */
export type CancelHints = Pick<Hints, 'cancelRequested' | 'operationChanged' | 'workIn'>

/** @throws MILLRACE_QUEUE_OPERATION_UNKNOWN */
export async function getOperation(db: Queryable, id: string): Promise<Operation> {
  const [operation] = isUuid(id) ? await findOperations(db, [id]) : []
  if (operation === undefined) throw queueErrors.MILLRACE_QUEUE_OPERATION_UNKNOWN({ id })
  return operation
}

export async function findOperations(db: Queryable, ids: readonly string[]): Promise<readonly Operation[]> {
  const { rows } = await db.query<OperationRow>(findStatement, [ids])
  return rows.map(operationOf)
}

/** Those of the operations whose version is above the known one, in one statement for all who watch. */
export async function findChangedOperations(
  db: Queryable,
  known: readonly { readonly id: string; readonly version: number }[],
): Promise<readonly Operation[]> {
  const { rows } = await db.query<OperationRow>(findChangedStatement, [
    known.map((k) => k.id),
    known.map((k) => k.version),
  ])
  return rows.map(operationOf)
}

/**
 * Asks that a job be cancelled: one that waits will never start, and holds nothing that others wait for; a running one is
 * told. Answers the operation as it then stands: `cancelled`, still `running` (its worker has yet to stop it), or as it had
 * ended before. `hints`: whoever runs it, follows it, or waits for its slot hears of it at once.
 *
 * @throws MILLRACE_QUEUE_OPERATION_UNKNOWN
 */
export async function cancelOperation(
  db: Queryable,
  id: string,
  options: { readonly hints?: CancelHints } = {},
): Promise<Operation> {
  const { rows } = isUuid(id) ? await db.query<OperationRow>(cancelStatement, [id]) : { rows: [] }
  // statements of their own: they must see what a settlement that came before has made of the job, and where it has put it
  const operation = rows[0] === undefined ? await getOperation(db, id) : operationOf(rows[0])
  const { status } = operation
  if (status === 'succeeded' || status === 'failed') return operation
  const lane = status === 'cancelled' ? await takeAwayHeld(db, id, null) : undefined
  options.hints?.cancelRequested(id)
  options.hints?.operationChanged(id)
  if (lane !== undefined) options.hints?.workIn(lane)
  return operation
}

/**
 * Takes away a job that is parked or scheduled, with its slot and its unique key. `dueAt`: when it is due, as the database
 * wrote it; null for one that is parked or tracked. Answers the lane where there may be work now; undefined: it was not there.
 */
export async function takeAwayHeld(db: Queryable, id: string, dueAt: string | null): Promise<number | undefined> {
  const { rows } = await db.query<{ lane: number }>(cancelHeldStatement, [id, dueAt])
  return rows[0]?.lane
}

/** Begins an attempt of tracked jobs. Answers the ids that may start: the others were cancelled. */
export async function startTracked(db: Queryable, jobs: readonly ClaimedJob[]): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ id: string }>(startStatement, [
    jobs.map((j) => j.id),
    jobs.map((j) => j.attempt + 1),
  ])
  return new Set(rows.map((row) => row.id))
}

/** Which of these running jobs someone wants cancelled. */
export async function findCancelled(db: Queryable, ids: readonly string[]): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(findCancelledStatement, [ids])
  return rows.map((row) => row.id)
}

/** Stores the newest progress of jobs that are still ours. */
export async function reportProgress(
  db: Queryable,
  reports: readonly { readonly id: string; readonly key: EntryKey; readonly progress: Progress }[],
): Promise<void> {
  await db.query(progressStatement, [
    reports.map((r) => r.id),
    reports.map((r) => r.key.lane),
    reports.map((r) => r.key.xid),
    reports.map((r) => r.key.seq),
    reports.map((r) => JSON.stringify(r.progress)),
  ])
}

function operationOf(row: OperationRow): Operation {
  return {
    id: row.id,
    task: row.task,
    status: row.status,
    attempt: row.attempt,
    progress: row.progress,
    result: row.result,
    error: row.error,
    version: Number(row.version),
    submittedAt: row.submitted_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    isCancelRequested: row.cancel_requested_at !== null,
    owner: row.owner,
  }
}
