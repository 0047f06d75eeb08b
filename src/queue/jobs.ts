/**
 * The jobs of a queue or task, page by page. A page costs a bounded look, however many jobs there are: whoever asks for a
 * rare task gets what was found among the next few thousand, and where to go on.
 */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { isUuid } from '../kernel/ids.ts'
import { listDeadLetters } from './dead-letters.ts'
import { type JobStage, type StagedJob, type StagedRow, stagedJob, submittedAtOf } from './job-stage.ts'
import { type KnownLane, lanesOf } from './known-queues.ts'
import { operatorErrors } from './operator-errors.ts'

const listWaitingStatement = sql(import.meta.url, 'sql/list-waiting.sql')
const listWaitingFlowStatement = sql(import.meta.url, 'sql/list-waiting-flow.sql')
const listRunningStatement = sql(import.meta.url, 'sql/list-running.sql')
const listScheduledStatement = sql(import.meta.url, 'sql/list-scheduled.sql')
const listParkedStatement = sql(import.meta.url, 'sql/list-parked.sql')

/** The last position of a lease. */
const XID_MAX = String(2n ** 64n - 1n)
const SEQ_MAX = String(2n ** 63n - 1n)
/** Jobs on one page. */
export const PAGE_COUNT_MAX = 1_000
/** Rows that are looked through for one page. */
export const LOOK_COUNT_MAX = 10_000
/** The same for entries of the log, which may be packs as large as a page of the database. */
export const LOOK_ENTRIES_MAX = 2_000
/** Leases that are looked through for one page of running jobs: each holds up to 2,000 entries. */
const LOOK_LEASES_MAX = 50

export interface JobQuery {
  readonly stage: JobStage
  readonly queue?: string
  readonly task?: string
  /** 1 to PAGE_COUNT_MAX. */
  readonly limit: number
  /** What the page before answered as `next`. */
  readonly after?: string
}

export interface JobPage {
  readonly jobs: readonly StagedJob[]
  /** Where to go on; undefined: that was all. A page may have fewer jobs than asked for, or none, and yet a next one. */
  readonly next: string | undefined
}

/** What a look at one table answers: jobs with the position of each, and where the look ended if it was cut short. */
interface Look {
  readonly found: readonly { readonly job: StagedJob; readonly at: readonly string[] }[]
  readonly looked: number
  readonly cutAt: readonly string[] | undefined
}

/**
 * Jobs of one stage: waiting ones in the order in which their lanes hand them out, running ones by lease, scheduled ones
 * soonest first, parked ones by age, dead ones newest first. Jobs move while one looks: a page is what was there.
 *
 * @throws MILLRACE_QUEUE_NO_SUCH_QUEUE, MILLRACE_QUEUE_ARGUMENT_INVALID
 */
export async function listJobs(db: Queryable, query: JobQuery): Promise<JobPage> {
  const { limit, stage } = query
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_COUNT_MAX)
    throw invalid('limit', limit, `a whole number from 1 to ${PAGE_COUNT_MAX}`)
  const lanes = await lanesOf(db, query.queue)
  switch (stage) {
    case 'waiting':
      return listWaiting(db, query, lanes)
    case 'running':
      return pageOf(await lookAtRunning(db, query, lanes), limit)
    case 'scheduled':
      return pageOf(await lookAtScheduled(db, query, lanes), limit)
    case 'parked':
      return pageOf(await lookAtParked(db, query, lanes), limit)
    case 'dead':
      return listDead(db, query)
    default:
      throw invalid('stage', stage satisfies never, 'waiting, running, scheduled, parked or dead')
  }
}

/** Lane by lane, as far as one look goes. */
async function listWaiting(db: Queryable, query: JobQuery, lanes: readonly KnownLane[]): Promise<JobPage> {
  const from = positionOf(query.after, /^\d+,\d+,\d+$/)
  const first = from === undefined ? 0 : lanes.findIndex((lane) => String(lane.id) === from[0])
  if (first < 0) throw invalid('after', query.after, 'what a page of the same query answered as next')
  const jobs: StagedJob[] = []
  // every entry has a job: without a task to look for, so many entries do
  const lookMax = query.task === undefined ? Math.min(query.limit + 1, LOOK_ENTRIES_MAX) : LOOK_ENTRIES_MAX
  let looked = 0
  for (const [n, lane] of lanes.entries()) {
    if (n < first) continue
    const after = n === first ? from?.slice(1) : undefined
    const limit = query.limit - jobs.length
    const look = await lookAtWaiting(db, { ...query, limit }, { lane, after, lookMax: lookMax - looked })
    const page = pageOf(look, limit)
    jobs.push(...page.jobs)
    looked += look.looked
    const next = page.next ?? (n + 1 < lanes.length && isEnough() ? `${lanes[n + 1]?.id},0,0` : undefined)
    if (next !== undefined) return { jobs, next }
  }
  return { jobs, next: undefined }

  function isEnough(): boolean {
    return jobs.length >= query.limit || looked >= lookMax
  }
}

type At<Names extends string> = StagedRow & Readonly<Record<Names, string>>

async function lookAtWaiting(
  db: Queryable,
  { task, limit }: JobQuery,
  where: { readonly lane: KnownLane; readonly after: readonly string[] | undefined; readonly lookMax: number },
): Promise<Look> {
  const { lane, after, lookMax } = where
  const { rows } = await db.query<At<'at_xid' | 'at_seq' | 'last_xid' | 'last_seq'> & Looked>(
    lane.kind === 'flow' ? listWaitingFlowStatement : listWaitingStatement,
    [lane.id, after?.[0] ?? null, after?.[1] ?? null, task ?? null, limit, lookMax],
  )
  return lookOf(rows, {
    lookMax,
    job: (row) => ({ job: stagedJob(row, 'waiting', lane), at: [String(lane.id), row.at_xid, row.at_seq] }),
    end: (row) => [String(lane.id), row.last_xid, row.last_seq],
  })
}

async function lookAtRunning(db: Queryable, query: JobQuery, lanes: readonly KnownLane[]): Promise<Look> {
  const [lease, xid, seq] = positionOf(query.after, /^[0-9a-f-]{36},\d+,\d+$/) ?? []
  const { rows } = await db.query<At<'at_lease' | 'at_xid' | 'at_seq' | 'last_lease'> & Looked>(listRunningStatement, [
    ...laneIds(query, lanes),
    lease ?? null,
    xid ?? null,
    seq ?? null,
    query.task ?? null,
    query.limit,
    LOOK_LEASES_MAX,
  ])
  return lookOf(rows, {
    lookMax: LOOK_LEASES_MAX,
    job: (row) => ({
      job: stagedJob(row, 'running', laneOf(lanes, row)),
      at: [row.at_lease, row.at_xid, row.at_seq],
    }),
    // past everything of the last lease
    end: (row) => [row.last_lease, XID_MAX, SEQ_MAX],
  })
}

async function lookAtScheduled(db: Queryable, query: JobQuery, lanes: readonly KnownLane[]): Promise<Look> {
  const lookMax = rowsToLookAt(query)
  const [due, id] = positionOf(query.after, /^\d{4}-[\d :.+-]{6,40},[0-9a-f-]{36}$/) ?? []
  const { rows } = await db.query<At<'at_due' | 'last_due' | 'last_id'> & Looked>(listScheduledStatement, [
    ...laneIds(query, lanes),
    due ?? null,
    id ?? null,
    query.task ?? null,
    query.limit,
    lookMax,
  ])
  return lookOf(rows, {
    lookMax,
    job: (row) => ({ job: stagedJob(row, 'scheduled', laneOf(lanes, row)), at: [row.at_due, row.id] }),
    end: (row) => [row.last_due, row.last_id],
  })
}

async function lookAtParked(db: Queryable, query: JobQuery, lanes: readonly KnownLane[]): Promise<Look> {
  const lookMax = rowsToLookAt(query)
  const [id] = positionOf(query.after, /^[0-9a-f-]{36}$/) ?? []
  const { rows } = await db.query<At<'last_id'> & Looked>(listParkedStatement, [
    ...laneIds(query, lanes),
    id ?? null,
    query.task ?? null,
    query.limit,
    lookMax,
  ])
  return lookOf(rows, {
    lookMax,
    job: (row) => ({ job: stagedJob(row, 'parked', laneOf(lanes, row)), at: [row.id] }),
    end: (row) => [row.last_id],
  })
}

async function listDead(db: Queryable, query: JobQuery): Promise<JobPage> {
  const { limit, queue, task } = query
  const [at, id] = positionOf(query.after, /^\d+,[0-9a-f-]{36}$/) ?? []
  const letters = await listDeadLetters(db, {
    limit,
    filter: { ...(queue === undefined ? {} : { queue }), ...(task === undefined ? {} : { task }) },
    ...(id === undefined ? {} : { after: { id, diedAt: new Date(Number(at)) } }),
  })
  const last = letters.length < limit ? undefined : letters.at(-1)
  return {
    jobs: letters.map(({ payload: _, headers: _h, errors: _e, reason: _r, diedAt, code, ...letter }) => ({
      ...letter,
      stage: 'dead',
      submittedAt: submittedAtOf(letter.id),
      worker: null,
      dueAt: null,
      parked: null,
      died: { at: diedAt, code },
    })),
    next: last === undefined ? undefined : `${last.diedAt.getTime()},${last.id}`,
  }
}

/** Nearly every row is a job: only who looks for some of them has to look further than the page is long. */
function rowsToLookAt({ queue, task, limit }: JobQuery): number {
  return queue === undefined && task === undefined ? limit : LOOK_COUNT_MAX
}

interface Looked {
  readonly looked: number
}

/** One row says at least how far the look went; it has no job when none was found. */
function lookOf<Row extends StagedRow & Looked>(
  rows: readonly Row[],
  read: {
    readonly lookMax: number
    readonly job: (row: Row) => Look['found'][number]
    readonly end: (row: Row) => readonly string[]
  },
): Look {
  const [first] = rows
  const looked = first?.looked ?? 0
  return {
    found: rows.filter((row) => row.id !== null).map(read.job),
    looked,
    cutAt: first !== undefined && looked >= read.lookMax && looked > 0 ? read.end(first) : undefined,
  }
}

function pageOf({ found, cutAt }: Look, limit: number): JobPage {
  const last = found.length >= limit ? found.at(-1)?.at : cutAt
  return { jobs: found.map(({ job }) => job), next: last?.join() }
}

/** All lanes are no condition at all. */
function laneIds({ queue }: JobQuery, lanes: readonly KnownLane[]): readonly [readonly number[] | null] {
  return [queue === undefined ? null : lanes.map((lane) => lane.id)]
}

const NOWHERE = { queue: '', priority: 'normal' } as const

function laneOf(lanes: readonly KnownLane[], row: StagedRow): Pick<KnownLane, 'queue' | 'priority'> {
  return lanes.find((lane) => lane.id === row.lane) ?? NOWHERE
}

/** Positions come back from users: what does not look like one is told. Ids are checked as such. */
function positionOf(after: string | undefined, form: RegExp): readonly string[] | undefined {
  if (after === undefined) return undefined
  const parts = after.split(',')
  const ids = parts.filter((part) => part.includes('-') && part.length === 36)
  if (form.test(after) && ids.every(isUuid)) return parts
  throw invalid('after', after, 'what a page of the same query answered as next')
}

function invalid(argument: string, value: unknown, rule: string): Error {
  return operatorErrors.MILLRACE_QUEUE_ARGUMENT_INVALID({ argument, value, rule })
}
