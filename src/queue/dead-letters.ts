/** Dead letters: jobs that will not be tried again by themselves. */
import type { Priority } from '../contract/task.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { isUuid } from '../kernel/ids.ts'
import { COUNT_EXACT_MAX, type Count, estimate, exactly } from './count.ts'
import type { JobError } from './job.ts'
import { lanesOf } from './known-queues.ts'
import { operatorErrors } from './operator-errors.ts'

// sent as text, to be planned anew for each call: which index serves depends on what is asked for
const { text: listStatement } = sql(import.meta.url, 'sql/list-dead.sql')
const { text: countStatement } = sql(import.meta.url, 'sql/count-dead.sql')
const { text: redriveStatement } = sql(import.meta.url, 'sql/redrive.sql')
const { text: discardStatement } = sql(import.meta.url, 'sql/discard-dead.sql')
const estimateStatement = sql(import.meta.url, 'sql/estimate-dead.sql')

export const DEAD_REASONS = ['attempts', 'permanent', 'crashes'] as const
export type DeadReason = (typeof DEAD_REASONS)[number]

export interface DeadLetter {
  readonly id: string
  readonly queue: string
  readonly task: string
  readonly isTracked: boolean
  readonly priority: Priority
  /** In a queue with rules: whose it is. */
  readonly key: string | null
  readonly tenant: string | null
  readonly attempt: number
  readonly crashes: number
  /** Its input as it is stored: JSON text. */
  readonly payload: string
  readonly headers: Readonly<Record<string, string>> | null
  /** What went wrong, oldest first: one for each attempt that was spent. */
  readonly errors: readonly JobError[]
  /** attempts: all were spent, or the time for them; permanent: no retry helps; crashes: workers died under it. */
  readonly reason: DeadReason
  /** The code of the error that it died of. */
  readonly code: string | null
  readonly diedAt: Date
}

/** Which dead letters are meant: those for which everything holds that is said. `{}`: all of them. */
export interface DeadFilter {
  readonly ids?: readonly string[]
  readonly queue?: string
  readonly task?: string
  readonly reason?: DeadReason
  /** The code of the error that it died of; MILLRACE_QUEUE_WORKER_DIED for crashes. */
  readonly code?: string
  /** At this moment or later. */
  readonly diedAfter?: Date
  /** Before this moment. */
  readonly diedBefore?: Date
}

/** Where a page ended: the last letter on it. */
export type DeadPosition = Pick<DeadLetter, 'id' | 'diedAt'>

interface DeadRow extends Omit<DeadLetter, 'isTracked' | 'errors' | 'diedAt'> {
  readonly tracked: boolean
  readonly errors: readonly JobError[] | null
  readonly died_at: Date
}

/** Newest first, `limit` at most, after the one last seen. @throws MILLRACE_QUEUE_NO_SUCH_QUEUE */
export async function listDeadLetters(
  db: Queryable,
  page: { readonly limit: number; readonly after?: DeadPosition; readonly filter?: DeadFilter },
): Promise<readonly DeadLetter[]> {
  const { limit, after, filter = {} } = page
  const { rows } = await db.query<DeadRow>(listStatement, [
    ...(await filterColumns(db, filter)),
    limit,
    after?.id ?? null,
    after?.diedAt ?? null,
  ])
  return rows.map(({ tracked, errors, died_at, ...row }) => ({
    ...row,
    isTracked: tracked,
    errors: errors ?? [],
    diedAt: died_at,
  }))
}

/** One dead letter, with the errors of all its attempts. @throws MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN */
export async function getDeadLetter(db: Queryable, id: string): Promise<DeadLetter> {
  const [letter] = isUuid(id) ? await listDeadLetters(db, { limit: 1, filter: { ids: [id] } }) : []
  if (letter === undefined) throw operatorErrors.MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN({ id })
  return letter
}

/**
 * How many there are: exact up to COUNT_EXACT_MAX that fit task and time, else estimated by the share of the newest
 * COUNT_EXACT_MAX that are meant.
 *
 * @throws MILLRACE_QUEUE_NO_SUCH_QUEUE
 */
export async function countDeadLetters(db: Queryable, filter: DeadFilter = {}): Promise<Count> {
  const columns = await filterColumns(db, filter)
  const { rows } = await db.query<{ looked: number; meant: number }>(countStatement, [...columns, COUNT_EXACT_MAX])
  const { looked, meant } = rows[0] ?? { looked: 0, meant: 0 }
  if (looked < COUNT_EXACT_MAX || filter.ids !== undefined) return exactly(meant)
  const [, , task, , , diedAfter, diedBefore] = columns
  const all = Math.max(looked, await estimate(db, estimateStatement, [null, task, diedAfter, diedBefore]))
  return { count: Math.round((all * meant) / looked), isEstimate: true }
}

/** Puts dead letters back into their queue with a clean slate. Answers the ids that were there: repeating it is safe. */
export async function redrive(db: Queryable, ids: readonly string[]): Promise<readonly string[]> {
  return (await redriveBlock(db, { ids }, { countMax: ids.length })).ids
}

/** Forgets dead letters. Answers the ids that were there. */
export async function discard(db: Queryable, ids: readonly string[]): Promise<readonly string[]> {
  return (await discardBlock(db, { ids }, { countMax: ids.length })).ids
}

/** Where a block is to begin, and how far it may go. */
export interface BlockBounds {
  readonly countMax: number
  /** Only those that had died by then: who dies again meanwhile is not taken twice. */
  readonly diedUntil?: string
  /** The last one of the block before, as the database wrote it. */
  readonly after?: { readonly died: string; readonly id: string } | undefined
}

export interface Block {
  readonly ids: readonly string[]
  readonly after: { readonly died: string; readonly id: string } | undefined
}

interface RedrivenRow extends BlockRow {
  readonly lanes: readonly number[]
  readonly last_due_at: Date | null
  readonly last_due: string | null
}

interface BlockRow {
  readonly ids: readonly string[]
  readonly last_died: string | null
  readonly last_id: string | null
}

/** When the last one of a block is due. */
export interface LastDue {
  readonly at: Date
  /** As the database wrote it. */
  readonly exactly: string
}

/** An input in the place of another. */
export interface Edit {
  /** As it is stored. */
  readonly payload: string
  /** Of the task's input. */
  readonly version: number
}

/** Redrives one block, oldest first: `gapMs` apart, from `dueAfter` on, by way of deferred; or at once. */
export async function redriveBlock(
  db: Queryable,
  filter: DeadFilter,
  bounds: BlockBounds & { readonly gapMs?: number; readonly dueAfter?: string | null; readonly edit?: Edit },
): Promise<Block & { readonly lanes: readonly number[]; readonly lastDue: LastDue | null }> {
  const { rows } = await db.query<RedrivenRow>(redriveStatement, [
    ...(await filterColumns(db, filter)),
    ...boundColumns(bounds),
    bounds.gapMs ?? null,
    bounds.dueAfter ?? null,
    bounds.edit?.payload ?? null,
    bounds.edit?.version ?? null,
  ])
  const { lanes = [], last_due_at: at = null, last_due: exactly = null } = rows[0] ?? {}
  return { ...blockOf(rows[0]), lanes, lastDue: at === null || exactly === null ? null : { at, exactly } }
}

/** Discards one block, oldest first. */
export async function discardBlock(db: Queryable, filter: DeadFilter, bounds: BlockBounds): Promise<Block> {
  const { rows } = await db.query<BlockRow>(discardStatement, [
    ...(await filterColumns(db, filter)),
    ...boundColumns(bounds),
  ])
  return blockOf(rows[0])
}

function blockOf(row: BlockRow | undefined): Block {
  const { ids = [], last_died: died = null, last_id: id = null } = row ?? {}
  return { ids, after: died === null || id === null ? undefined : { died, id } }
}

function boundColumns({ after, countMax, diedUntil }: BlockBounds): readonly unknown[] {
  return [after?.died ?? null, after?.id ?? null, countMax, diedUntil ?? null]
}

/** $1 to $7 of the statements. What is no uuid is the id of none. */
async function filterColumns(db: Queryable, filter: DeadFilter): Promise<readonly unknown[]> {
  const { ids, queue, task, reason, code, diedAfter, diedBefore } = filter
  return [
    ids?.filter(isUuid) ?? null,
    queue === undefined ? null : (await lanesOf(db, queue)).map((lane) => lane.id),
    task ?? null,
    reason ?? null,
    code ?? null,
    diedAfter ?? null,
    diedBefore ?? null,
  ]
}
