import type { Priority } from '../contract/task.ts'

/** A job that has been checked and only needs to be written. */
export interface NewJob {
  readonly lane: number
  readonly id: string
  readonly task: string
  readonly isTracked: boolean
  /** JSON text. */
  readonly payload: string
  readonly headers: string | null
  /** How long it is to wait, from when it is written … */
  readonly delayMs: number | null
  /** … or until when, in ms since 1970. */
  readonly runAtMs: number | null
  readonly idempotencyKey: string | null
  readonly idempotencyMs: number
  /** Its key is a unique key, held until the job ends: in a scope of its own. */
  readonly isUnique: boolean
  /** Null in a queue without rules. */
  readonly place: Place | null
}

/** Whose a job is, in a governed queue. */
export interface Place {
  readonly key: string | null
  readonly tenant: string | null
  readonly priority: Priority
}

/** The lanes of the jobs that do not wait for their time. */
export function lanesOf(jobs: Iterable<Pick<NewJob, 'lane' | 'delayMs' | 'runAtMs'>>): readonly number[] {
  const lanes = new Set<number>()
  for (const job of jobs) if (!isDelayed(job)) lanes.add(job.lane)
  return [...lanes]
}

/** Whether it waits for its time before it is queued. */
export function isDelayed({ delayMs, runAtMs }: Pick<NewJob, 'delayMs' | 'runAtMs'>): boolean {
  return delayMs !== null || runAtMs !== null
}
