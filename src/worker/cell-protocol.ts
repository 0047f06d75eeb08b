/** What a worker process and its cells say to each other. The same words over a thread's port and a process's channel. */
import { asError, MillraceError } from '../kernel/errors.ts'
import type { Progress } from '../queue/operations.ts'
import { PermanentError } from './handler.ts'
import type { JobToRun, Ran } from './run-handler.ts'

export type ToCell =
  | { readonly kind: 'run'; readonly task: string; readonly job: JobToRun; readonly payload: string }
  | { readonly kind: 'abort'; readonly reason: PortableError }

export type FromCell =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'ran'; readonly ran: Ran }
  | { readonly kind: 'threw'; readonly error: PortableError }

/** An error in a form that survives the way between threads and processes. */
export interface PortableError {
  readonly type: 'millrace' | 'permanent' | 'other'
  readonly name: string
  readonly code: string
  readonly message: string
  readonly remedy: string
  readonly retryable: boolean
  readonly stack: string
}

const STACK_CHARS_MAX = 4_000

export function packError(thrown: unknown): PortableError {
  const error = asError(thrown)
  const ours = error instanceof MillraceError ? error : undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return {
    type: ours !== undefined ? 'millrace' : error instanceof PermanentError ? 'permanent' : 'other',
    name: error.name,
    code,
    message: error.message,
    remedy: ours?.remedy ?? '',
    retryable: ours?.retryable ?? true,
    stack: (error.stack ?? '').slice(0, STACK_CHARS_MAX),
  }
}

export function unpackError(packed: PortableError): Error {
  const error = rebuild(packed)
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
    case 'other':
      return Object.assign(new Error(message), { name }, code === '' ? {} : { code })
    default:
      return type satisfies never
  }
}
