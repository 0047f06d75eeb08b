/**
 * What travels with a job beside its input: the version of the input, how long anybody wants the job, and in whose name it
 * was submitted. A job of a task
 * without such policies has no headers, and costs nothing for them.
 *
 * Times are the database's: `submit` stores durations, and the statement that appends the job adds the moments they come to
 * (routines/headers.sql), by `millrace.now()` of its transaction's server. So the clocks of web and worker processes do not
 * matter; a worker that is about to run such a job asks the database for the time.
 */
import type { Task } from '../contract/task.ts'

/** As stored: all values are text. */
export type Headers = Readonly<Record<string, string>>

/** When a job ends without having run to its end, in milliseconds since 1970 by the database's clock. */
export interface TimeLimits {
  /** It must have begun by then. */
  readonly expiresAt: number | undefined
  readonly ttlMs: number
  /** It must have ended by then. */
  readonly endsBy: number | undefined
  readonly jobTimeoutMs: number
}

/** The headers of a new job, as JSON text; null when there is nothing to say. `ttlMs`: the submit's own, not the task's. */
export function headersOf(
  task: Task,
  options: { readonly ttlMs?: number; readonly uniqueKey?: string },
  actor?: string,
): string | null {
  const { version, jobTimeoutMs, history } = task
  const ttlMs = options.ttlMs ?? task.ttlMs
  const { uniqueKey } = options
  if (
    version === 1 &&
    ttlMs === undefined &&
    jobTimeoutMs === undefined &&
    uniqueKey === undefined &&
    history === 'failures' &&
    actor === undefined
  )
    return null
  const headers: Headers = {
    ...(version === 1 ? {} : { version: String(version) }),
    ...(ttlMs === undefined ? {} : { ttlMs: String(Math.ceil(ttlMs)) }),
    ...(jobTimeoutMs === undefined ? {} : { jobTimeoutMs: String(jobTimeoutMs) }),
    ...(history === 'failures' ? {} : { history }),
    ...(uniqueKey === undefined ? {} : { unique: uniqueKey }),
    ...(actor === undefined ? {} : { actor }),
  }
  return JSON.stringify(headers)
}

/** The account in whose name a job was submitted. Undefined: nobody's. */
export function actorOf(headers: Headers | null): string | undefined {
  return headers?.['actor']
}

/** The version of a job's input. */
export function versionOf(headers: Headers | null): number {
  return Number(headers?.['version'] ?? 1)
}

/** Undefined for a job that may take as long as it likes, which is nearly every job. */
export function timeLimitsOf(headers: Headers | null): TimeLimits | undefined {
  if (headers === null) return undefined
  const { expiresAt, ttlMs = 0, endsBy, jobTimeoutMs = 0 } = headers as Readonly<Record<keyof TimeLimits, string>>
  if (expiresAt === undefined && endsBy === undefined) return undefined
  return {
    expiresAt: expiresAt === undefined ? undefined : Number(expiresAt),
    ttlMs: Number(ttlMs),
    endsBy: endsBy === undefined ? undefined : Number(endsBy),
    jobTimeoutMs: Number(jobTimeoutMs),
  }
}
