/** A task: a named kind of work. Web and worker share tasks and nothing else. */
import type { Access } from './access.ts'
import { contractErrors } from './errors.ts'
import { checkPolicy } from './policy.ts'
import { type Queue, queue } from './queue.ts'
import { checkName, type Schema, type SchemaInput, type SchemaOutput } from './schema.ts'
import { checkVersions, type Upcasters, type Versioned } from './version.ts'

/** How a failed attempt is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first one included: 1 to 1,000. */
  readonly attempts: number
  /** Milliseconds before the second attempt; doubles with each further one. */
  readonly firstDelayMs: number
  /** The longest wait between two attempts, in milliseconds. */
  readonly delayMsMax: number
  /**
   * What this error means for the job, where it is not what the other policies say. Asked where it was thrown, with the error
   * itself; a `PermanentError` or `RetryLater` has the last word already. Pure. Throws: as if it had said nothing.
   */
  forError?(error: Error): RetryDecision
}

/**
 * `retry`: try again while attempts are left, even what is permanent by itself (an output that its schema refuses).
 * `permanent`: no further attempt can help. `afterMs`: try again after so long, instead of the growing wait. `undefined`: as
 * if nobody had asked.
 */
export type RetryDecision = 'retry' | 'permanent' | { readonly afterMs: number } | undefined

/** The priorities, first to last: under load a queue hands out 16 jobs of high, 4 of normal and 1 of low priority. */
export const PRIORITIES = ['high', 'normal', 'low'] as const
export type Priority = (typeof PRIORITIES)[number]
/** How much of a queue's work each priority gets while all of them wait. */
export const PRIORITY_WEIGHTS: Readonly<Record<Priority, number>> = Object.freeze({ high: 16, normal: 4, low: 1 })

/** A named kind of work: its schemas and policies, no code. `Input` is what is submitted, `Output` what the handler returns. */
export interface Task<In extends Schema = Schema, Out extends Schema = Schema> extends Versioned {
  readonly name: string
  readonly input: In
  /** Absent: the task has no result. */
  readonly output: Out | undefined
  readonly queue: Queue
  /** Unless the submit says otherwise. */
  readonly priority: Priority
  /** The key of a job, by its input: the rules per key of its queue hold between jobs of the same key and tenant. */
  key?(input: SchemaInput<In>): string
  /** The tenant of a job, by its input: tenants of a fair queue take turns. */
  tenant?(input: SchemaInput<In>): string
  readonly retry: RetryPolicy
  /** How long one attempt may take, in milliseconds, before it is cancelled and counts as failed. */
  readonly timeoutMs: number
  /** How long a job may wait for its first attempt once it is due, in milliseconds: then nobody wants it any more. */
  readonly ttlMs: number | undefined
  /** How long a job may take from when it is due to its end, over all attempts, in milliseconds: then it has failed. */
  readonly jobTimeoutMs: number | undefined
  /** Whether a job of this task has an operation, which can be asked for its state, progress and result. */
  readonly tracked: boolean
  /** Whether its inputs are encrypted wherever they are stored; PAYLOAD_KEYS holds the keys. */
  readonly encrypted: boolean
  /**
   * Who may submit it, where somebody does: asked at the submit, and again of the rights that they have when the job runs.
   * Absent: whoever the route lets in. What the application submits by itself is nobody's, and may be anything.
   */
  readonly access: Access | undefined
  /** Which of its jobs are remembered when they have ended: tracked ones and those that did not succeed, all, or none. */
  readonly history: HistoryPolicy
  /** The path of the resource that came of a succeeded job: its operation answers 303 with it. */
  resource?(output: SchemaOutput<Out>): string
}

export const HISTORY_POLICIES = ['failures', 'all', 'none'] as const
export type HistoryPolicy = (typeof HISTORY_POLICIES)[number]

export type TaskInput<T extends Task> = SchemaInput<T['input']>
export type TaskOutput<T extends Task> = T extends Task<Schema, infer Out> ? Returned<SchemaInput<Out>> : never

/** A task without a result takes a handler that returns nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is of type void, not undefined
type Returned<T> = undefined extends T ? T | void : T

/** What a task's declaration may say; all but `input` has a default. */
export interface TaskOptions<In extends Schema, Out extends Schema> {
  readonly input: In
  readonly output?: Out
  /** Its name, or, with rules, what `queue(…)` declared. */
  readonly queue?: string | Queue
  readonly priority?: Priority
  key?(input: SchemaInput<In>): string
  tenant?(input: SchemaInput<In>): string
  readonly retry?: Partial<RetryPolicy>
  readonly timeoutMs?: number
  readonly ttlMs?: number
  readonly jobTimeoutMs?: number
  /** Of the input: 1 to 1,000. */
  readonly version?: number
  /** Inputs of older versions, made new step by step: `upcast[1]` turns one of version 1 into one of version 2. */
  readonly upcast?: Upcasters
  readonly tracked?: boolean
  readonly history?: HistoryPolicy
  readonly access?: Access
  /** Encrypts its inputs at rest: not its results, errors, keys and tenants. */
  readonly encrypted?: boolean
  resource?(output: SchemaOutput<Out>): string
}

/** The policies of a task that names none. */
export const TASK_DEFAULTS = Object.freeze({
  queue: 'default',
  priority: 'normal' as Priority,
  retry: Object.freeze({ attempts: 5, firstDelayMs: 1_000, delayMsMax: 15 * 60_000 }),
  timeoutMs: 15 * 60_000,
  version: 1,
})

export const ATTEMPTS_MAX = 1_000
export const TIMEOUT_MS_MAX = 24 * 3_600_000
/** The longest time to live, and the longest time for all attempts of a job: a year. */
export const LIFE_MS_MAX = 365 * 24 * 3_600_000

/**
 * Declares a task. A task with an `output` is tracked unless it says otherwise: someone will ask for the result.
 *
 * @throws MILLRACE_CONTRACT_NAME_INVALID, MILLRACE_CONTRACT_POLICY_INVALID
 * @example
 * export const renderPhoto = task('photo.render', {
 *   input: z.object({ photoId: z.uuid() }),
 *   output: z.object({ renditions: z.number() }),
 *   queue: 'images', retry: { attempts: 5 }, timeoutMs: 120_000,
 * })
 */
export function task<In extends Schema, Out extends Schema = Schema<undefined>>(
  name: string,
  options: TaskOptions<In, Out>,
): Task<In, Out> {
  const retry = { ...TASK_DEFAULTS.retry, ...options.retry }
  const timeoutMs = options.timeoutMs ?? TASK_DEFAULTS.timeoutMs
  checkPolicy(name, 'retry.attempts', retry.attempts, 1, ATTEMPTS_MAX)
  checkPolicy(name, 'retry.firstDelayMs', retry.firstDelayMs, 0, retry.delayMsMax)
  checkPolicy(name, 'retry.delayMsMax', retry.delayMsMax, 0, 7 * 24 * 3_600_000)
  checkPolicy(name, 'timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX)
  const { ttlMs, jobTimeoutMs } = options
  if (ttlMs !== undefined) checkPolicy(name, 'ttlMs', ttlMs, 1, LIFE_MS_MAX)
  if (jobTimeoutMs !== undefined) checkPolicy(name, 'jobTimeoutMs', jobTimeoutMs, 1, LIFE_MS_MAX)
  return Object.freeze({
    name: checkName('task', name),
    input: options.input,
    output: options.output,
    queue: queueOf(options.queue ?? TASK_DEFAULTS.queue),
    priority: checkOneOf(name, 'priority', options.priority ?? TASK_DEFAULTS.priority, PRIORITIES),
    retry: Object.freeze(retry),
    timeoutMs,
    ttlMs,
    jobTimeoutMs,
    ...checkVersions(name, options.version ?? TASK_DEFAULTS.version, options.upcast ?? {}),
    tracked: options.tracked ?? options.output !== undefined,
    encrypted: options.encrypted ?? false,
    access: options.access,
    history: checkOneOf(name, 'history', options.history ?? 'failures', HISTORY_POLICIES),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
    ...(options.resource === undefined ? {} : { resource: options.resource }),
  })
}

/** @throws MILLRACE_CONTRACT_POLICY_INVALID */
function checkOneOf<T extends string>(owner: string, policy: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value
  throw contractErrors.MILLRACE_CONTRACT_POLICY_INVALID({ task: owner, policy, value, rule: allowed.join(', ') })
}

function queueOf(named: string | Queue): Queue {
  return typeof named === 'string' ? queue(named) : named
}
