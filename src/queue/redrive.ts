/**
 * Redrives and discards of many dead letters, in blocks that each commit by themselves. Whoever is killed half way has done
 * some blocks and left the others as they were; calling again does the rest. Two at once share the work: a letter is taken
 * by one of them.
 */
import { check, describeViolations } from '../contract/schema.ts'
import type { Task, TaskInput } from '../contract/task.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import {
  type Block,
  type BlockBounds,
  countDeadLetters,
  type DeadFilter,
  discardBlock,
  type LastDue,
  redriveBlock,
} from './dead-letters.ts'
import { queueErrors } from './errors.ts'
import type { Hints } from './hints.ts'
import { operatorErrors } from './operator-errors.ts'
import type { Payloads } from './payload/payloads.ts'

const nowStatement = sql(import.meta.url, 'sql/read-clock.sql')

/** Letters in one block, that is, in one transaction. */
export const REDRIVE_BLOCK_MAX = 1_000
export const PER_SECOND_MIN = 0.001
export const PER_SECOND_MAX = 100_000

export interface BlockOptions {
  /** Told after each block how many letters there have been so far. */
  readonly onProgress?: (count: number) => void
  /** Ends the run after the block that is under way. */
  readonly signal?: AbortSignal
}

export interface RedriveOptions extends BlockOptions {
  /**
   * At most so many letters a second, 0.001 to 100,000: they are given their times at once and are then scheduled jobs,
   * so the call need not last as long as they take, and nothing of it is lost when it is killed. Without it: all at once.
   */
  readonly perSecond?: number
  /** Tells idle workers at once; without, they find it within a second. */
  readonly hints?: Pick<Hints, 'workIn' | 'deferred'>
}

export interface RedriveReport {
  readonly count: number
  /** When the last of them is due; null when none was there, or all went back at once. */
  readonly lastDueAt: Date | null
}

/**
 * Puts the dead letters that are meant back into their queues, oldest first, with a clean slate: attempts and crashes are
 * forgiven. In a queue with rules they line up behind what waits there. What dies again meanwhile is not redriven again.
 *
 * Guarantee: two redrives at once never make two jobs of one; a job is either dead or redriven, whenever the call ends.
 * @throws MILLRACE_QUEUE_NO_SUCH_QUEUE, MILLRACE_QUEUE_ARGUMENT_INVALID
 * @example await redriveMatching(db, { task: 'mail.send', code: 'SMTP_DOWN' }, { perSecond: 50 })
 */
export async function redriveMatching(
  db: Queryable,
  filter: DeadFilter,
  options: RedriveOptions = {},
): Promise<RedriveReport> {
  const { perSecond, hints } = options
  const gapMs = perSecond === undefined ? undefined : 1_000 / checkPerSecond(perSecond)
  let lastDue: LastDue | null = null
  const count = await inBlocks(db, options, async (bounds) => {
    const block = await redriveBlock(db, filter, {
      ...bounds,
      dueAfter: lastDue?.exactly ?? null,
      ...(gapMs === undefined ? {} : { gapMs }),
    })
    lastDue = block.lastDue ?? lastDue
    if (gapMs !== undefined) hints?.deferred()
    else for (const lane of block.lanes) hints?.workIn(lane)
    return block
  })
  return { count, lastDueAt: lastDue === null ? null : (lastDue as LastDue).at }
}

/** Forgets the dead letters that are meant, oldest first. Answers how many there were. @throws MILLRACE_QUEUE_NO_SUCH_QUEUE */
export async function discardMatching(
  db: Queryable,
  filter: DeadFilter,
  options: BlockOptions = {},
): Promise<{ readonly count: number }> {
  return { count: await inBlocks(db, options, (bounds) => discardBlock(db, filter, bounds)) }
}

/**
 * Redrives one dead letter of `task` with another input, of the task's present version. Its key and tenant stay as they were.
 *
 * @throws MILLRACE_QUEUE_INPUT_INVALID, MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN (also when it is of another task), and what
 * `Payloads.encode` throws; it is still a dead letter then.
 */
export async function redriveEdited<T extends Task>(
  db: Queryable,
  edit: { readonly id: string; readonly task: T; readonly input: TaskInput<T> },
  options: Pick<RedriveOptions, 'hints'> & { readonly payloads: Payloads },
): Promise<void> {
  const { id, task, input } = edit
  const { payloads, hints } = options
  const checked = await check(task.input, input)
  if (!checked.ok) {
    const violations = describeViolations(checked.violations)
    throw queueErrors.MILLRACE_QUEUE_INPUT_INVALID({ task: task.name, violations })
  }
  const filter: DeadFilter = { ids: [id], task: task.name }
  if ((await countDeadLetters(db, filter)).count === 0) throw operatorErrors.MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN({ id })
  const payload = await payloads.encode(task, id, JSON.stringify(input) ?? 'null')
  const { ids, lanes } = await redriveBlock(db, filter, { countMax: 1, edit: { payload, version: task.version } })
  if (ids.length === 0) throw operatorErrors.MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN({ id })
  for (const lane of lanes) hints?.workIn(lane)
}

/** Runs blocks until none is left of those that were dead when the run began. */
async function inBlocks(
  db: Queryable,
  { onProgress, signal }: BlockOptions,
  run: (bounds: BlockBounds) => Promise<Block>,
): Promise<number> {
  const { rows } = await db.query<{ now: string }>(nowStatement)
  const diedUntil = rows[0]?.now ?? '-infinity'
  let count = 0
  let after: Block['after']
  do {
    const block = await run({ countMax: REDRIVE_BLOCK_MAX, diedUntil, after })
    count += block.ids.length
    after = block.after
    onProgress?.(count)
  } while (after !== undefined && signal?.aborted !== true)
  return count
}

function checkPerSecond(value: number): number {
  if (Number.isFinite(value) && value >= PER_SECOND_MIN && value <= PER_SECOND_MAX) return value
  const rule = `a number from ${PER_SECOND_MIN} to ${PER_SECOND_MAX}`
  throw operatorErrors.MILLRACE_QUEUE_ARGUMENT_INVALID({ argument: 'perSecond', value, rule })
}
