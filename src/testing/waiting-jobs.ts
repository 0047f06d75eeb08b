/** What waits in the queue, as the handlers would get it. */

import type { SchemaOutput } from '../contract/schema.ts'
import { check, describeViolations } from '../contract/schema.ts'
import type { Task } from '../contract/task.ts'
import { upcastInput } from '../contract/version.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { type DeadLetter, listDeadLetters } from '../queue/dead-letters.ts'
import { type Headers, versionOf } from '../queue/headers.ts'
import type { Payloads } from '../queue/payload/payloads.ts'
import { workerErrors } from '../worker/errors.ts'

const listWaiting = sql(import.meta.url, 'sql/list-waiting.sql')
const DEAD_COUNT_MAX = 10_000

/** A job that waits for a worker, or for its time. */
export interface WaitingJob<T extends Task = Task> {
  readonly id: string
  /** As the task's schema makes it. */
  readonly input: SchemaOutput<T['input']>
  /** Attempts that it has spent. */
  readonly attempts: number
  /** When it is due; null when it only waits for a worker. */
  readonly dueAt: Date | null
}

/** A dead letter, with its input as it was submitted. */
export interface DeadJob extends DeadLetter {
  readonly input: unknown
}

interface WaitingRow {
  readonly id: string
  readonly payload: string
  readonly headers: Headers | null
  readonly attempt: number
  readonly due_at: Date | null
}

/** In the order in which they would run; those that are not due last. @throws MILLRACE_WORKER_INPUT_INVALID */
export async function listWaitingJobs<T extends Task>(
  db: Queryable,
  payloads: Payloads,
  task: T,
): Promise<readonly WaitingJob<T>[]> {
  const { rows } = await db.query<WaitingRow>(listWaiting, [task.name])
  const jobs: WaitingJob<T>[] = []
  for (const row of rows) {
    const stored = await decoded(payloads, { id: row.id, task: task.name }, row.payload)
    const input = await parsed(task, upcastInput(task, versionOf(row.headers), stored))
    jobs.push({ id: row.id, input: input as SchemaOutput<T['input']>, attempts: row.attempt, dueAt: row.due_at })
  }
  return jobs
}

/** Oldest first. */
export async function listDeadJobs(db: Queryable, payloads: Payloads, task?: Task): Promise<readonly DeadJob[]> {
  const filter = task === undefined ? {} : { task: task.name }
  const letters = await listDeadLetters(db, { limit: DEAD_COUNT_MAX, filter })
  const withInput = async (letter: DeadLetter): Promise<DeadJob> => ({
    ...letter,
    input: await decoded(payloads, letter, letter.payload),
  })
  return Promise.all(letters.toReversed().map(withInput))
}

async function decoded(
  payloads: Payloads,
  owner: { readonly id: string; readonly task: string },
  payload: string,
): Promise<unknown> {
  return payloads.decode(owner, JSON.parse(payload), new AbortController().signal)
}

async function parsed(task: Task, input: unknown): Promise<unknown> {
  const checked = await check(task.input, input)
  if (checked.ok) return checked.value
  const violations = describeViolations(checked.violations)
  throw workerErrors.MILLRACE_WORKER_INPUT_INVALID({ task: task.name, violations })
}
