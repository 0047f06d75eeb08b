/**
 * What an error says about the next attempt: by its task's policy, and by the answer of the remote service that it came
 * from. It is asked where it was thrown, for on its way out of a cell it loses its class and its properties; what it said
 * travels along instead.
 */
import type { RetryDecision, RetryPolicy } from '../contract/task.ts'
import { PermanentError, RetryLater } from './handler.ts'

export interface RetryAdvice {
  /** What the task's policy says of it. */
  readonly decision?: Exclude<RetryDecision, undefined>
  readonly retryAfter?: RetryAfter
}

/** What a remote service said: so long from now, or until then, in milliseconds since 1970. */
export type RetryAfter = { readonly ms: number } | { readonly atMs: number }

const NOTHING: RetryAdvice = Object.freeze({})
const ADVICE = Symbol('advice')

/** Pure, but for what it asks of the policy. Never throws, however strange the error is. */
export function adviceOf(error: Error, retry: Pick<RetryPolicy, 'forError'> | undefined): RetryAdvice {
  if (isLastWord(error)) return NOTHING
  const brought = (error as { readonly [ADVICE]?: RetryAdvice })[ADVICE]
  if (brought !== undefined) return brought
  const decision = quietly(() => known(retry?.forError?.(error)))
  const retryAfter = quietly(() => retryAfterOf(error))
  return {
    ...(decision === undefined ? {} : { decision }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  }
}

/** Gives an error the advice of the one that it stands for. */
export function bringAdvice<E extends Error>(error: E, advice: RetryAdvice): E {
  return Object.defineProperty(error, ADVICE, { value: advice })
}

/** A policy in plain JavaScript may answer anything. */
function known(decision: RetryDecision): RetryAdvice['decision'] {
  if (decision === 'retry' || decision === 'permanent') return decision
  return typeof decision?.afterMs === 'number' ? { afterMs: decision.afterMs } : undefined
}

/** What a handler throws to say itself what is to become of the job. */
function isLastWord(error: Error): boolean {
  return error instanceof PermanentError || error instanceof RetryLater
}

/** Policies are the user's code, and properties of errors may be anything, getters that throw included. */
function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}

/** Where clients of HTTP put what `Retry-After` said: got, undici, axios, fetch wrappers and SDKs all differ. */
interface Telling {
  readonly retryAfterMs?: unknown
  readonly retryAfter?: unknown
  readonly headers?: unknown
  readonly response?: { readonly headers?: unknown } | null
}

function retryAfterOf(error: Error): RetryAfter | undefined {
  const { retryAfterMs, retryAfter, headers, response } = error as Error & Telling
  if (typeof retryAfterMs === 'number') return isWait(retryAfterMs) ? { ms: retryAfterMs } : undefined
  return read(retryAfter) ?? read(headerOf(headers)) ?? read(headerOf(response?.headers))
}

/** Of a `Headers`, or of an object with names in any case. */
function headerOf(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined
  if ('get' in headers && typeof headers.get === 'function') return headers.get('retry-after')
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === 'retry-after')?.[1]
  return Array.isArray(found) ? found[0] : found
}

/** Seconds, or an HTTP date (RFC 9110, 10.2.3). */
function read(said: unknown): RetryAfter | undefined {
  const atMs = said instanceof Date ? said.getTime() : typeof said === 'string' ? Date.parse(said) : Number.NaN
  const seconds = typeof said === 'number' ? said : typeof said === 'string' && /^\d+$/.test(said) ? Number(said) : -1
  if (isWait(seconds)) return { ms: seconds * 1_000 }
  return Number.isFinite(atMs) ? { atMs } : undefined
}

function isWait(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}
