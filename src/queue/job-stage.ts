/** Where a job stands, as an operator sees it: one word for each table that it can be in. */
import type { Priority } from '../contract/task.ts'

/**
 * waiting: for a worker; running: a worker has it; scheduled: it waits for its time; parked: its task is paused, or no
 * release that knows it was there; dead: it will not be tried again by itself.
 */
export const JOB_STAGES = ['waiting', 'running', 'scheduled', 'parked', 'dead'] as const
export type JobStage = (typeof JOB_STAGES)[number]

/** A job that has not ended, or is a dead letter. */
export interface StagedJob {
  readonly id: string
  readonly stage: JobStage
  readonly queue: string
  readonly task: string
  readonly isTracked: boolean
  readonly priority: Priority
  /** In a queue with rules: whose it is. */
  readonly key: string | null
  readonly tenant: string | null
  /** Attempts spent, the one under way not counted. */
  readonly attempt: number
  readonly crashes: number
  /** By its id: the clock of whoever submitted it. */
  readonly submittedAt: Date
  /** The worker that has it, when it runs. */
  readonly worker: string | null
  /** When it is due, if it is scheduled. */
  readonly dueAt: Date | null
  /** Since when and why it is parked. */
  readonly parked: { readonly at: Date; readonly why: 'paused' | 'unknown' } | null
  /** When and of what it died. */
  readonly died: { readonly at: Date; readonly code: string | null } | null
}

/** What the statements say of a job; each says what its stage has. */
export interface StagedRow {
  readonly id: string
  readonly lane: number
  readonly task: string
  readonly tracked: boolean
  readonly attempt: number
  readonly crashes: number
  readonly key: string | null
  readonly tenant: string | null
  readonly priority: Priority | null
  readonly worker?: string | null
  readonly due_at?: Date | null
  readonly parked_at?: Date | null
  readonly why?: 'paused' | 'unknown' | null
  readonly died_at?: Date | null
  readonly code?: string | null
}

export function stagedJob(
  row: StagedRow,
  stage: JobStage,
  lane: { readonly queue: string; readonly priority: Priority },
): StagedJob {
  const { parked_at: parkedAt = null, why = null, died_at: diedAt = null } = row
  return {
    id: row.id,
    stage,
    queue: lane.queue,
    task: row.task,
    isTracked: row.tracked,
    priority: row.priority ?? lane.priority,
    key: row.key,
    tenant: row.tenant,
    attempt: row.attempt,
    crashes: row.crashes,
    submittedAt: submittedAtOf(row.id),
    worker: row.worker ?? null,
    dueAt: row.due_at ?? null,
    parked: parkedAt === null || why === null ? null : { at: parkedAt, why },
    died: diedAt === null ? null : { at: diedAt, code: row.code ?? null },
  }
}

/** The moment in an id of version 7 (RFC 9562): its first 48 bits. */
export function submittedAtOf(id: string): Date {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}
