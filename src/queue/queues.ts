/** What is in the queues, counted: exactly while that is cheap, estimated when there is more than anyone would count. */
import type { QueuePolicy } from '../contract/queue.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { COUNT_EXACT_MAX, type Count, estimate, exactly, sumOf } from './count.ts'
import { submittedAtOf } from './job-stage.ts'
import { type KnownLane, lanesOf, listLanes } from './known-queues.ts'

const listStatement = sql(import.meta.url, 'sql/list-queues.sql')
const countWaitingStatement = sql(import.meta.url, 'sql/count-waiting.sql')
const countLeasedStatement = sql(import.meta.url, 'sql/count-leased.sql')
const countRunningStatement = sql(import.meta.url, 'sql/count-running.sql')
const countHeldStatement = sql(import.meta.url, 'sql/count-held.sql')
const estimateEntriesStatement = sql(import.meta.url, 'sql/estimate-entries.sql')
const estimates = {
  scheduled: sql(import.meta.url, 'sql/estimate-scheduled.sql'),
  parked: sql(import.meta.url, 'sql/estimate-parked.sql'),
  dead: sql(import.meta.url, 'sql/estimate-dead.sql'),
} as const
type HeldStage = keyof typeof estimates

export interface QueueOverview {
  readonly queue: string
  /** Null: it is not paused. */
  readonly pausedAt: Date | null
  /** Its rules, as the newest release that has started declares them. `{}`: none. */
  readonly policy: Omit<QueuePolicy, 'partitions'>
  /** Lanes of each priority from which workers claim: as many as it has ever had, for jobs may be left in each of them. */
  readonly partitions: number
  /** For a worker. */
  readonly waiting: Count
  /** For their time: delayed jobs and retries. */
  readonly scheduled: Count
  /** A worker has them: they run, or are about to. */
  readonly running: Count
  /** Their task is paused, or no release that knows it was there. */
  readonly parked: Count
  readonly dead: Count
  /** When the oldest of the waiting jobs was submitted; among those that were counted. */
  readonly oldestSubmittedAt: Date | null
  /** Of a queue with rules: slots that are held, how many there are, and when its rate next lets a job start. */
  readonly slots: {
    readonly held: number
    readonly limit: number | null
    readonly nextStartAt: Date | null
  } | null
}

interface QueueRow {
  readonly name: string
  readonly paused_at: Date | null
  readonly concurrency: number | null
  readonly rate_count: number | null
  readonly rate_ms: number | null
  readonly key_concurrency: number | null
  readonly key_is_fifo: boolean
  readonly key_rate_count: number | null
  readonly key_rate_ms: number | null
  readonly is_fair: boolean
  readonly held: number | null
  readonly next_start_at: Date | null
}

interface LaneCounts {
  readonly waiting: Count
  readonly oldest: string | null
  readonly running: Count
}

/**
 * All queues by name. Counts are exact up to COUNT_EXACT_MAX rows of a kind; a larger one says `isEstimate`. A job that
 * moves meanwhile may be counted twice, or not at all.
 */
export async function listQueues(db: Queryable): Promise<readonly QueueOverview[]> {
  return overviewOf(db, await listLanes(db), undefined)
}

/**
 * One queue: the waiting and running jobs of the others are not looked at.
 *
 * @throws MILLRACE_QUEUE_NO_SUCH_QUEUE
 */
export async function getQueue(db: Queryable, queue: string): Promise<QueueOverview> {
  const [overview] = await overviewOf(db, await lanesOf(db, queue), queue)
  if (overview === undefined) throw new Error(`${queue} has lanes and is no queue`)
  return overview
}

/** `lanes`: those of the queue, of all queues when none is named. */
async function overviewOf(
  db: Queryable,
  lanes: readonly KnownLane[],
  queue: string | undefined,
): Promise<readonly QueueOverview[]> {
  const ids = queue === undefined ? null : lanes.map((lane) => lane.id)
  const { rows } = await db.query<QueueRow>(listStatement, [queue ?? null])
  const counts = await countLanes(db, lanes, ids)
  const held = await countHeld(db, lanes)
  return rows.map((row) => {
    const ownLanes = lanes.filter((lane) => lane.queue === row.name)
    const own = ownLanes.flatMap((lane) => counts.get(lane.id) ?? [])
    const oldest = own.flatMap((lane) => lane.oldest ?? []).sort()[0]
    const policy = policyOf(row)
    return {
      queue: row.name,
      pausedAt: row.paused_at,
      policy,
      partitions: ownLanes.filter(({ kind, priority }) => kind === 'ready' && priority === 'normal').length,
      waiting: sumOf(own.map((lane) => lane.waiting)),
      scheduled: held('scheduled', row.name),
      running: sumOf(own.map((lane) => lane.running)),
      parked: held('parked', row.name),
      dead: held('dead', row.name),
      oldestSubmittedAt: oldest === undefined ? null : submittedAtOf(oldest),
      slots:
        row.held === null || Object.keys(policy).length === 0
          ? null
          : { held: row.held, limit: row.concurrency, nextStartAt: row.next_start_at },
    }
  })
}

/** `ids`: of the lanes that are counted; null: all. */
async function countLanes(
  db: Queryable,
  lanes: readonly KnownLane[],
  ids: readonly number[] | null,
): Promise<ReadonlyMap<number, LaneCounts>> {
  const running = await countRunning(db, ids)
  const { rows } = await db.query<{ lane: number; entries: number; jobs: number; oldest: string | null }>(
    countWaitingStatement,
    [COUNT_EXACT_MAX, ids],
  )
  const counts = new Map<number, LaneCounts>()
  for (const { id } of lanes) {
    const row = rows.find(({ lane }) => lane === id)
    const { entries = 0, jobs = 0, oldest = null } = row ?? {}
    const isFull = entries >= COUNT_EXACT_MAX
    // as many jobs to an entry as among those that were counted; the running ones are entries of the lane as well
    const expected = isFull
      ? ((await estimate(db, estimateEntriesStatement, [id])) * jobs) / entries - running(id).count
      : jobs
    const count = Math.max(jobs, Math.round(expected))
    counts.set(id, { waiting: { count, isEstimate: isFull }, oldest, running: running(id) })
  }
  return counts
}

/** What leases hold says how many run at most. Exact when there are few enough to look each of them up. */
async function countRunning(db: Queryable, ids: readonly number[] | null): Promise<(lane: number) => Count> {
  const { rows: leased } = await db.query<{ lane: number; entries: number; jobs: number }>(countLeasedStatement, [ids])
  const isEstimate = leased.reduce((sum, { entries }) => sum + entries, 0) > COUNT_EXACT_MAX
  const rows = isEstimate ? leased : (await db.query<{ lane: number; jobs: number }>(countRunningStatement, [ids])).rows
  const byLane = new Map(rows.map(({ lane, jobs }) => [lane, { count: jobs, isEstimate }]))
  return (lane) => byLane.get(lane) ?? exactly(0)
}

/** Rows of other queues are among those that are looked at: these tables have no index of lanes. */
async function countHeld(
  db: Queryable,
  lanes: readonly KnownLane[],
): Promise<(stage: HeldStage, queue: string) => Count> {
  const { rows } = await db.query<{ stage: HeldStage; lane: number; jobs: number }>(countHeldStatement, [
    COUNT_EXACT_MAX,
  ])
  const counts = new Map<string, Count>()
  for (const stage of ['scheduled', 'parked', 'dead'] as const) {
    const found = rows.filter((row) => row.stage === stage)
    const isEstimate = found.reduce((sum, { jobs }) => sum + jobs, 0) >= COUNT_EXACT_MAX
    for (const [queue, own] of Map.groupBy(lanes, (lane) => lane.queue)) {
      const ids = own.map((lane) => lane.id)
      const seen = found.filter(({ lane }) => ids.includes(lane)).reduce((sum, { jobs }) => sum + jobs, 0)
      const values = stage === 'dead' ? [ids, null, null, null] : [ids]
      const count = isEstimate ? Math.max(seen, await estimate(db, estimates[stage], values)) : seen
      counts.set(`${stage} ${queue}`, { count, isEstimate })
    }
  }
  return (stage, queue) => counts.get(`${stage} ${queue}`) ?? exactly(0)
}

/** The rules as they are declared. */
function policyOf(row: QueueRow): QueueOverview['policy'] {
  const rate = rateOf(row.rate_count, row.rate_ms)
  const keyRate = rateOf(row.key_rate_count, row.key_rate_ms)
  const perKey = {
    ...(row.key_concurrency === null ? {} : { concurrency: row.key_concurrency }),
    ...(row.key_is_fifo ? { order: 'fifo' as const } : {}),
    ...(keyRate === undefined ? {} : { rate: keyRate }),
  }
  return {
    ...(row.concurrency === null ? {} : { concurrency: row.concurrency }),
    ...(rate === undefined ? {} : { rate }),
    ...(Object.keys(perKey).length === 0 ? {} : { perKey }),
    ...(row.is_fair ? { isFair: true } : {}),
  }
}

function rateOf(count: number | null, perMs: number | null) {
  return count === null || perMs === null ? undefined : { count, perMs }
}
