/** What a worker process and its cells say to each other. The same words over a thread's port and a process's channel. */
import type { RetryPolicy } from '../contract/task.ts'
import { asError, MillraceError } from '../kernel/errors.ts'
import { hasFields } from '../kernel/messages.ts'
import type { Progress } from '../queue/operations.ts'
import { PermanentError, RetryLater } from './handler.ts'
import { adviceOf, bringAdvice, type RetryAdvice } from './retry-advice.ts'
import type { JobToRun, Ran } from './running-attempt.ts'

export type ToCell =
  | { readonly kind: 'run'; readonly task: string; readonly job: JobToRun; readonly payload: string }
  | { readonly kind: 'abort'; readonly reason: PortableError }

export type FromCell =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'ran'; readonly ran: Ran }
  | { readonly kind: 'threw'; readonly error: PortableError }

/** A message of a cell. Undefined: it is none of ours, for the handler and its libraries can send as well. */
export function readFromCell(message: unknown): FromCell | undefined {
  if (!hasFields(message, { kind: 'string' })) return undefined
  const { kind, progress, ran, error } = message
  const isOurs =
    kind === 'ready' ||
    (kind === 'progress' && hasFields(progress, { done: 'number' })) ||
    (kind === 'ran' && hasFields(ran, { isSettled: 'boolean' }) && isTextOrNull(ran['result'])) ||
    (kind === 'threw' && hasFields(error, PORTABLE) && hasFields(error['advice'], {}))
  return isOurs ? (message as unknown as FromCell) : undefined
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

/** An error in a form that survives the way between threads and processes. */
export interface PortableError {
  readonly type: 'millrace' | 'permanent' | 'later' | 'other'
  readonly name: string
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly retryable: boolean
  readonly stack: string
  /** What it says about the next attempt. */
  readonly advice: RetryAdvice
  /** Of `later`. */
  readonly afterMs: number
  readonly spendsAttempt: boolean
}

const PORTABLE = Object.freeze({
  type: 'string',
  name: 'string',
  code: 'string',
  message: 'string',
  remedy: 'string',
  retryable: 'boolean',
  stack: 'string',
  afterMs: 'number',
  spendsAttempt: 'boolean',
} as const)
const STACK_CHARS_MAX = 4_000

/** `retry`: the policy of its task, which sees the error as it was thrown. */
export function packError(thrown: unknown, retry?: RetryPolicy): PortableError {
  const error = asError(thrown)
  const ours = error instanceof MillraceError ? error : undefined
  const later = error instanceof RetryLater ? error : undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return {
    type: typeOf(error),
    name: error.name,
    code,
    message: error.message,
    remedy: ours?.remedy ?? '',
    retryable: ours?.retryable ?? true,
    stack: (error.stack ?? '').slice(0, STACK_CHARS_MAX),
    advice: adviceOf(error, retry),
    afterMs: Math.min(later?.afterMs ?? 0, Number.MAX_SAFE_INTEGER), // infinity is no JSON
    spendsAttempt: later?.spendsAttempt ?? true,
  }
}

function typeOf(error: Error): PortableError['type'] {
  if (error instanceof MillraceError) return 'millrace'
  if (error instanceof PermanentError) return 'permanent'
  return error instanceof RetryLater ? 'later' : 'other'
}

export function unpackError(packed: PortableError): Error {
  const error = bringAdvice(rebuild(packed), packed.advice)
  error.stack = packed.stack
  return error
}

function rebuild(packed: PortableError): Error {
  const { type, name, code, message, remedy, retryable } = packed
  switch (type) {
    case 'millrace':
      return new MillraceError({ code, message, remedy, retryable })
    case 'permanent':
      return new PermanentError(code, message)
    case 'later':
      return new RetryLater(packed.afterMs, { spendsAttempt: packed.spendsAttempt, message })
    case 'other':
      return Object.assign(new Error(message), { name }, code === '' ? {} : { code })
    default:
      return type satisfies never
  }
}
