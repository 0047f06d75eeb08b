/** An operation as clients see it: the JSON of its resource, and the problem that a failed one is. */
import type { Contract } from '../contract/contract.ts'
import { check } from '../contract/schema.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { DeadLetter } from '../queue/dead-letters.ts'
import type { Job, JobState } from '../queue/job.ts'
import type { Operation, Progress } from '../queue/operations.ts'
import { documented } from './documented.ts'
import { webErrors } from './errors.ts'
import { type Problem, problem, problemOf } from './problems.ts'

const findDeath = sql(import.meta.url, 'sql/find-death.sql')

export interface OperationLinks {
  readonly self: string
  readonly events: string
  /** Absent once it has ended: there is nothing to cancel. */
  readonly cancel?: { readonly href: string; readonly method: 'DELETE' }
  /** What came of it, when the task declares a `resource`. */
  readonly resource?: string
}

/** The body of `GET /operations/{id}` and of the events of its stream. Times are ISO 8601 in UTC. */
export interface OperationView {
  readonly id: string
  readonly task: string
  readonly status: JobState
  /** The attempt under way or the last one made; 0 before the first. */
  readonly attempt: number
  readonly progress: Progress | null
  readonly submittedAt: string
  readonly startedAt: string | null
  readonly endedAt: string | null
  /** True when someone asked to cancel it: it stays `running` until its worker has stopped. */
  readonly isCancelRequested: boolean
  readonly result?: unknown
  readonly error?: { readonly code: string; readonly detail: string }
  readonly links: OperationLinks
}

/** The body of a 202. */
export interface AcceptedBody {
  readonly id: string
  readonly task: string
  readonly status: 'queued' | 'scheduled'
  readonly links: OperationLinks
}

export const hasEnded = (status: JobState): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'cancelled'

/** The path of an operation. */
export function operationPath(id: string): string {
  return `/operations/${id}`
}

function linksOf(id: string, isOpen: boolean, resource?: string): OperationLinks {
  const self = operationPath(id)
  return {
    self,
    events: `${self}/events`,
    ...(isOpen ? { cancel: { href: self, method: 'DELETE' as const } } : {}),
    ...(resource === undefined ? {} : { resource }),
  }
}

/** @throws MILLRACE_WEB_JOB_UNTRACKED: there would be nothing at the link. */
export function acceptedBody(job: Job, status: AcceptedBody['status']): AcceptedBody {
  if (!job.isTracked) throw webErrors.MILLRACE_WEB_JOB_UNTRACKED({ task: job.task })
  return { id: job.id, task: job.task, status, links: linksOf(job.id, true) }
}

/** What a look at an operation needs besides the operation. */
export interface ViewParts {
  readonly db: Queryable
  readonly contract: Contract
  readonly log: Log
}

export async function viewOf(parts: ViewParts, operation: Operation): Promise<OperationView> {
  const { id, status } = operation
  const resource = status === 'succeeded' ? await resourceOf(parts, operation) : undefined
  const failure = status === 'failed' ? await failureOf(parts.db, operation) : undefined
  return {
    id,
    task: operation.task,
    status,
    attempt: operation.attempt,
    progress: operation.progress,
    submittedAt: operation.submittedAt.toISOString(),
    startedAt: operation.startedAt?.toISOString() ?? null,
    endedAt: operation.endedAt?.toISOString() ?? null,
    isCancelRequested: operation.isCancelRequested,
    ...(status === 'succeeded' && operation.result !== null ? { result: operation.result } : {}),
    ...(failure === undefined ? {} : { error: { code: failure.code, detail: failure.message } }),
    links: linksOf(id, !hasEnded(status), resource),
  }
}

/**
 * The path of what came of a succeeded job. Undefined when its task names none, is not of this release, or when the result
 * is another release's: then the result itself is the answer.
 */
async function resourceOf(parts: ViewParts, operation: Operation): Promise<string | undefined> {
  const task = parts.contract.tasks.get(operation.task)
  if (task?.resource === undefined || task.output === undefined) return undefined
  try {
    const output = await check(task.output, operation.result)
    return output.ok ? task.resource(output.value) : undefined
  } catch (thrown) {
    parts.log.error({ err: asError(thrown), operation: operation.id }, `the resource of ${operation.task} failed`)
    return undefined
  }
}

const CODE = /^[A-Za-z][A-Za-z0-9_.-]{0,99}$/

/**
 * A failed operation as a problem. 422: its handler said that no retry helps, in words that are meant for the client. 500:
 * anything else; what was thrown may name what is inside the house, so the client gets the code, if it is one of ours, and
 * a general sentence.
 */
export async function failureOf(db: Queryable, operation: Operation): Promise<Problem> {
  const { rows } = await db.query<{ reason: DeadLetter['reason'] }>(findDeath, [operation.id])
  const { code = '', message = '' } = operation.error ?? {}
  if (rows[0]?.reason === 'permanent' && CODE.test(code)) {
    const type = code.startsWith('MILLRACE_') ? { type: `/problems/${code}` } : {}
    return problem({ status: 422, code, detail: message, ...type })
  }
  const failed = webErrors.MILLRACE_WEB_OPERATION_FAILED({ attempts: Math.max(1, operation.attempt) })
  if (!code.startsWith('MILLRACE_')) return problemOf(failed)
  return problem({ ...problemOf(failed).options, code, type: `/problems/${code}` })
}

const time = (isNullable: boolean): object => ({
  type: isNullable ? ['string', 'null'] : 'string',
  format: 'date-time',
})
const links = {
  type: 'object',
  required: ['self', 'events'],
  properties: {
    self: { type: 'string' },
    events: { type: 'string' },
    cancel: {
      type: 'object',
      required: ['href', 'method'],
      properties: { href: { type: 'string' }, method: { const: 'DELETE' } },
    },
    resource: { type: 'string' },
  },
}

/** The schema of a 202: `response: { 202: acceptedSchema }`. */
export const acceptedSchema = documented<AcceptedBody>({
  type: 'object',
  description: 'Accepted: follow links.self or links.events to see what becomes of it.',
  required: ['id', 'task', 'status', 'links'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    task: { type: 'string' },
    status: { enum: ['queued', 'scheduled'] },
    links,
  },
})

export const operationSchema = documented<OperationView>({
  type: 'object',
  required: ['id', 'task', 'status', 'attempt', 'progress', 'submittedAt', 'startedAt', 'endedAt', 'links'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    task: { type: 'string' },
    status: { enum: ['scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] },
    attempt: { type: 'integer', minimum: 0 },
    progress: {
      type: ['object', 'null'],
      required: ['done'],
      properties: { done: { type: 'number', minimum: 0, maximum: 1 }, note: { type: 'string' } },
    },
    submittedAt: time(false),
    startedAt: time(true),
    endedAt: time(true),
    isCancelRequested: { type: 'boolean' },
    result: {},
    error: {
      type: 'object',
      required: ['code', 'detail'],
      properties: { code: { type: 'string' }, detail: { type: 'string' } },
    },
    links,
  },
})
