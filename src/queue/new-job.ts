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
  readonly delayMs: number | null
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
export function lanesOf(jobs: Iterable<Pick<NewJob, 'lane' | 'delayMs'>>): readonly number[] {
  const lanes = new Set<number>()
  for (const { lane, delayMs } of jobs) if (delayMs === null) lanes.add(lane)
  return [...lanes]
}
