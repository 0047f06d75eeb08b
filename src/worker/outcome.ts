/** What becomes of a job whose attempt ended badly. A pure decision. */
import type { RetryPolicy } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { jobError, type Outcome } from '../queue/job.ts'
import { CRASHES_MAX } from '../queue/workers.ts'
import { PermanentError } from './handler.ts'

export interface FailedAttempt {
  readonly error: Error
  /** Attempts spent before this one. */
  readonly attempt: number
  readonly crashes: number
  readonly retry: RetryPolicy
  readonly nowMs: number
  /** 0 to 1. */
  readonly random: number
}

/** Retry, dead letter, cancelled or handed back, as the error and the policy have it. */
export function outcomeOf(failed: FailedAttempt): Outcome {
  const { error, attempt, retry, nowMs } = failed
  if (isMillraceError(error, 'MILLRACE_WORKER_CANCELLED')) return { kind: 'cancelled' }
  if (isMillraceError(error, 'MILLRACE_WORKER_DRAINING')) return { kind: 'returned' }
  if (isMillraceError(error, 'MILLRACE_QUEUE_LEASE_LOST')) return { kind: 'returned' }
  // the database went away under the attempt: that is nothing that the job did, and it spends no attempt
  if (isMillraceError(error) && OUTAGE_CODES.has(error.code))
    return { kind: 'postponed', afterMs: OUTAGE_MS * (0.5 + failed.random / 2) }
  const kept = jobError(error, nowMs)
  if (isPermanent(error)) return { kind: 'failed', error: kept, reason: 'permanent' }
  if (attempt + 1 >= retry.attempts) return { kind: 'failed', error: kept, reason: 'attempts' }
  return { kind: 'retry', afterMs: backoffMs(retry, attempt, failed.random), error: kept }
}

/** What becomes of a job that took its own process down: it stays in quarantine until it has done so too often. */
export function outcomeOfCrash(crash: Pick<FailedAttempt, 'error' | 'crashes' | 'nowMs'>): Outcome {
  if (crash.crashes + 1 < CRASHES_MAX) return { kind: 'crashed' }
  return { kind: 'failed', error: jobError(crash.error, crash.nowMs), reason: 'crashes' }
}

/** The wait before the next attempt: doubling, bounded, and between a half and the whole of it by chance. */
export function backoffMs(retry: RetryPolicy, attempt: number, random: number): number {
  const fullMs = Math.min(retry.delayMsMax, retry.firstDelayMs * 2 ** attempt)
  return fullMs * (0.5 + random / 2)
}

const OUTAGE_CODES = new Set(['MILLRACE_DATA_UNREACHABLE', 'MILLRACE_DATA_COMMIT_UNKNOWN'])
/** How long a job waits after an outage of the database. */
const OUTAGE_MS = 2_000
const PERMANENT_CODES = new Set([
  'MILLRACE_WORKER_INPUT_INVALID',
  'MILLRACE_WORKER_OUTPUT_INVALID',
  'MILLRACE_WORKER_OUTPUT_TOO_LARGE',
  'MILLRACE_WORKER_TRANSACTION_TWICE',
])

function isPermanent(error: Error): boolean {
  return error instanceof PermanentError || (isMillraceError(error) && PERMANENT_CODES.has(error.code))
}
