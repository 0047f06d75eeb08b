/** The failures that a test has ordered: at which point, how often, and what is to happen there. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Task } from '../contract/task.ts'
import { dataErrors } from '../data/errors.ts'

/**
 * Where a failure can be ordered, in the order in which a job meets them.
 *
 * `submit`: before a job is stored; `submit:answer-lost`: it is stored, but the caller does not learn it.
 * `claim`: before the worker takes jobs. `handler:before`, `handler:after`: around the handler; after it, its effects are
 * there and nobody knows yet that it has ended. `commit`, `commit:answer-lost`: the COMMIT of a `db.transaction`, or of the
 * handler's own `transaction`; with the answer lost it has taken effect. `settle`: before the worker records the ends of jobs.
 */
export const FAILURE_POINTS = [
  'submit',
  'submit:answer-lost',
  'claim',
  'handler:before',
  'handler:after',
  'commit',
  'commit:answer-lost',
  'settle',
] as const
export type FailurePoint = (typeof FAILURE_POINTS)[number]

export interface FailureOptions {
  /** How often; 1 unless said. */
  readonly times?: number
  /** Only in handlers of this task. */
  readonly task?: Task
  /** What is thrown there; without it, what a lost connection to the database would throw. */
  readonly error?: Error
  /** Instead of throwing, the worker process is killed there: nothing of it runs on, not even a `finally`. */
  readonly kill?: true
}

/** An order that was given. */
export interface OrderedFailure {
  /** How often it has happened so far. */
  readonly struck: number
}

interface Order extends OrderedFailure {
  readonly point: FailurePoint
  readonly options: FailureOptions
  struck: number
}

/** What happens at a point. */
export type Strike = { readonly kind: 'kill' } | { readonly kind: 'error'; readonly error: Error }

/** The task whose handler is running, for whatever the handler calls. */
const running = new AsyncLocalStorage<Task>()

/** Runs a handler, or a part of it, so that failures of its task find it. */
export function inHandlerOf<T>(task: Task, run: () => T): T {
  return running.run(task, run)
}

/** Whether the code of a handler is calling: else it is the engine, which looks after its own end. */
export function isInHandler(): boolean {
  return running.getStore() !== undefined
}

export class Failures {
  readonly #orders: Order[] = []

  order(point: FailurePoint, options: FailureOptions): OrderedFailure {
    const order: Order = { point, options, struck: 0 }
    this.#orders.push(order)
    return order
  }

  /** What is to happen at this point now, if anything. The oldest order that is not used up counts. */
  strikeAt(point: FailurePoint): Strike | undefined {
    const order = this.#orders.find(
      ({ point: at, options, struck }) =>
        at === point &&
        struck < (options.times ?? 1) &&
        (options.task === undefined || options.task.name === running.getStore()?.name),
    )
    if (order === undefined) return undefined
    order.struck += 1
    const { kill, error } = order.options
    return kill === true ? { kind: 'kill' } : { kind: 'error', error: error ?? errorAt(point) }
  }
}

function errorAt(point: FailurePoint): Error {
  switch (point) {
    case 'commit':
    case 'commit:answer-lost':
      return dataErrors.MILLRACE_DATA_COMMIT_UNKNOWN({})
    case 'submit':
    case 'submit:answer-lost':
    case 'claim':
    case 'settle':
      return dataErrors.MILLRACE_DATA_UNREACHABLE({ why: `the test has ordered it, at ${point}` })
    case 'handler:before':
    case 'handler:after':
      return new Error(`the test has ordered this failure, at ${point}`)
    default:
      return point satisfies never
  }
}
