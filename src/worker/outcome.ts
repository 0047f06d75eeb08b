/** What becomes of a job whose attempt ended badly. A pure decision. */
import type { RetryPolicy } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { jobError, type Outcome } from '../queue/job.ts'
import { CRASHES_MAX } from '../queue/workers.ts'
import { PermanentError, RetryLater } from './handler.ts'
import { adviceOf, type RetryAdvice } from './retry-advice.ts'

export interface FailedAttempt {
  readonly error: Error
  /** Attempts spent before this one. */
  readonly attempt: number
  readonly retry: RetryPolicy
  /** For what people read, and dates that remote services name. */
  readonly nowMs: number
  /** 0 to 1. */
  readonly random: number
  /** Of a job that must have ended in time: how long that is from now, and the error that says that it has not. */
  readonly limit?: { readonly leftMs: number; late(lastError: string): Error } | undefined
}

/** The longest wait that an error can ask for: what a remote service says is no reason to wait for weeks. */
export const RETRY_AFTER_MS_MAX = 24 * 3_600_000
/** The shortest wait of a job that spends no attempt: nothing else would keep it from going round and round. */
export const SNOOZE_MS_MIN = 100

/** Retry, dead letter, cancelled or handed back, as the error and the policies have it. */
export function outcomeOf(failed: FailedAttempt): Outcome {
  const outcome = outcomeInTime(failed)
  const { error, limit, nowMs } = failed
  if (limit === undefined || !('afterMs' in outcome) || outcome.afterMs < limit.leftMs) return outcome
  const late = limit.late(jobError(error, nowMs).message)
  return { kind: 'failed', error: jobError(late, nowMs), reason: 'attempts' }
}

/** The same for a job that may take as long as it likes. */
function outcomeInTime(failed: FailedAttempt): Outcome {
  const { error, attempt, retry, nowMs } = failed
  if (isMillraceError(error, 'MILLRACE_WORKER_CANCELLED')) return { kind: 'cancelled' }
  if (isMillraceError(error) && HANDED_BACK_CODES.has(error.code)) return { kind: 'returned', hasBegun: true }
  // the database went away under the attempt: that is nothing that the job did, and it spends no attempt
  if (isMillraceError(error) && OUTAGE_CODES.has(error.code))
    return { kind: 'postponed', afterMs: OUTAGE_MS * (0.5 + failed.random / 2), hasBegun: true }
  if (error instanceof RetryLater && !error.spendsAttempt)
    return { kind: 'postponed', afterMs: Math.max(SNOOZE_MS_MIN, askedMs(error) ?? 0), hasBegun: true }
  const kept = jobError(error, nowMs)
  if (isMillraceError(error, 'MILLRACE_QUEUE_JOB_TIMEOUT')) return { kind: 'failed', error: kept, reason: 'attempts' }
  const advice = adviceOf(error, retry)
  if (isPermanent(error, advice)) return { kind: 'failed', error: kept, reason: 'permanent' }
  if (attempt + 1 >= retry.attempts) return { kind: 'failed', error: kept, reason: 'attempts' }
  return { kind: 'retry', afterMs: waitMs(failed, advice), error: kept }
}

/** What is asked for by the handler or the policy, else the backoff; at least as long as the remote service has asked for. */
function waitMs({ error, attempt, retry, nowMs, random }: FailedAttempt, advice: RetryAdvice): number {
  const { decision, retryAfter } = advice
  const asked =
    typeof decision === 'object' ? askedMs(decision) : error instanceof RetryLater ? askedMs(error) : undefined
  const remoteMs = retryAfter === undefined ? 0 : 'ms' in retryAfter ? retryAfter.ms : retryAfter.atMs - nowMs
  return Math.max(asked ?? backoffMs(retry, attempt, random), Math.min(RETRY_AFTER_MS_MAX, remoteMs))
}

/** Bounded; undefined when it is no length of time at all. */
function askedMs({ afterMs }: { readonly afterMs: number }): number | undefined {
  return Number.isNaN(afterMs) ? undefined : Math.min(RETRY_AFTER_MS_MAX, Math.max(0, afterMs))
}

/** What becomes of a job that took its own process down: it stays in quarantine until it has done so too often. */
export function outcomeOfCrash(crash: {
  readonly error: Error
  readonly crashes: number
  readonly nowMs: number
}): Outcome {
  if (crash.crashes + 1 < CRASHES_MAX) return { kind: 'crashed' }
  return { kind: 'failed', error: jobError(crash.error, crash.nowMs), reason: 'crashes' }
}

/** The wait before the next attempt: doubling, bounded, and between a half and the whole of it by chance. */
export function backoffMs(retry: RetryPolicy, attempt: number, random: number): number {
  const fullMs = Math.min(retry.delayMsMax, retry.firstDelayMs * 2 ** attempt)
  return fullMs * (0.5 + random / 2)
}

const HANDED_BACK_CODES = new Set(['MILLRACE_WORKER_DRAINING', 'MILLRACE_QUEUE_LEASE_LOST'])
const OUTAGE_CODES = new Set(['MILLRACE_DATA_UNREACHABLE', 'MILLRACE_DATA_COMMIT_UNKNOWN'])
/** How long a job waits after an outage of the database. */
const OUTAGE_MS = 2_000
const PERMANENT_CODES = new Set([
  'MILLRACE_QUEUE_PAYLOAD_MISSING',
  'MILLRACE_QUEUE_PAYLOAD_UNREADABLE',
  'MILLRACE_WORKER_ACTOR_DENIED',
  'MILLRACE_WORKER_ACTOR_GONE',
  'MILLRACE_WORKER_INPUT_INVALID',
  'MILLRACE_WORKER_OUTPUT_INVALID',
  'MILLRACE_WORKER_OUTPUT_TOO_LARGE',
  'MILLRACE_WORKER_TRANSACTION_TWICE',
  'MILLRACE_WORKER_UPCAST_FAILED',
])

function isPermanent(error: Error, { decision }: RetryAdvice): boolean {
  if (decision !== undefined) return decision === 'permanent'
  return error instanceof PermanentError || (isMillraceError(error) && PERMANENT_CODES.has(error.code))
}
