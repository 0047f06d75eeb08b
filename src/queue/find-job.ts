/**
 * Finding a job by its id, wherever it is. Parked and dead ones have an index; the log has none, because one would cost
 * every job that is ever submitted: there, a look at the first FIND_COUNT_MAX entries of each lane has to do. Of tracked jobs
 * the operation knows the state in any case.
 */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { isUuid } from '../kernel/ids.ts'
import type { EndedJob } from './history.ts'
import type { JobError } from './job.ts'
import { type JobStage, type StagedJob, type StagedRow, stagedJob } from './job-stage.ts'
import { listLanes } from './known-queues.ts'
import { findOperations, type Operation } from './operations.ts'

const findKeptStatement = sql(import.meta.url, 'sql/find-kept-job.sql')
const findScheduledStatement = sql(import.meta.url, 'sql/find-scheduled-job.sql')
const findRunningStatement = sql(import.meta.url, 'sql/find-running-job.sql')
const findEndedStatement = sql(import.meta.url, 'sql/find-ended-job.sql')
const findWaitingStatement = sql(import.meta.url, 'sql/find-waiting-job.sql')

/** Entries that are looked through: so many waiting ones of each lane, leased ones, and scheduled jobs. */
export const FIND_COUNT_MAX = 20_000

/** A job with all that is kept of it. */
export interface FoundJob extends StagedJob {
  /** Its input as it is stored: JSON text. */
  readonly payload: string
  readonly headers: Readonly<Record<string, string>> | null
  /** What went wrong in earlier attempts, oldest first. */
  readonly errors: readonly JobError[]
  /** The exact moment when it is due, as the database wrote it. */
  readonly dueAtExactly: string | null
}

export interface JobSighting {
  /** Undefined: it was not found, or has ended. */
  readonly job: FoundJob | undefined
  /** Of a tracked job that is not forgotten yet. */
  readonly operation: Operation | undefined
  /** What the history says, if the job is neither here nor there: its last end. */
  readonly ended: EndedJob | undefined
  /** False: it may lie further back than was looked. */
  readonly isComplete: boolean
}

interface FoundRow extends StagedRow {
  readonly stage?: JobStage
  readonly looked?: number
  readonly payload: string
  readonly headers: Readonly<Record<string, string>> | null
  readonly errors: readonly JobError[] | null
  readonly at_due?: string
}

/** Where the job is now. A job that moves on meanwhile is followed; one that runs very fast may escape. */
export async function findJob(db: Queryable, id: string): Promise<JobSighting> {
  if (!isUuid(id)) return { job: undefined, operation: undefined, ended: undefined, isComplete: true }
  const [operation] = await findOperations(db, [id])
  // in the order in which a job goes its way
  const looks = [
    { stage: 'waiting', statement: findWaitingStatement },
    { stage: 'running', statement: findRunningStatement },
    { stage: 'scheduled', statement: findScheduledStatement },
  ] as const
  let isComplete = true
  let job = await findKept(db, id)
  for (const { stage, statement } of looks) {
    if (job !== undefined) break
    const { rows } = await db.query<FoundRow>(statement, [id, FIND_COUNT_MAX])
    isComplete &&= (rows[0]?.looked ?? 0) < FIND_COUNT_MAX
    job = await foundJob(db, rows[0], stage)
  }
  job ??= await findKept(db, id)
  const ended = job === undefined ? await findEnded(db, id) : undefined
  return { job, operation, ended, isComplete: isComplete || job !== undefined || ended !== undefined }
}

async function findEnded(db: Queryable, id: string): Promise<EndedJob | undefined> {
  const { rows } = await db.query<Omit<EndedJob, 'errors' | 'endedAt'> & Pick<FoundRow, 'errors'> & { ended_at: Date }>(
    findEndedStatement,
    [id],
  )
  return rows.map(({ ended_at: endedAt, errors, ...row }) => ({ ...row, errors: errors ?? [], endedAt }))[0]
}

async function findKept(db: Queryable, id: string): Promise<FoundJob | undefined> {
  const { rows } = await db.query<FoundRow>(findKeptStatement, [id])
  return foundJob(db, rows[0], rows[0]?.stage ?? 'dead')
}

async function foundJob(db: Queryable, row: FoundRow | undefined, stage: JobStage): Promise<FoundJob | undefined> {
  if (row === undefined || row.id === null) return undefined
  const lane = (await listLanes(db)).find(({ id }) => id === row.lane)
  return {
    ...stagedJob(row, stage, lane ?? { queue: '', priority: 'normal' }),
    payload: row.payload,
    headers: row.headers,
    errors: row.errors ?? [],
    dueAtExactly: row.at_due ?? null,
  }
}
