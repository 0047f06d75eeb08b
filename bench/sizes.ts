/** How much is measured: everything, or just enough to see that it works. */
import type { JobKind } from './contestants/system.ts'

export interface Sizes {
  readonly rounds: number
  /** Jobs that are submitted in bulk, and drained. */
  readonly jobCount: number
  /** The same while the settings of the peers are tried out, and to warm a process up. */
  readonly trialJobCount: number
  readonly warmUpJobCount: number
  readonly transactionalCount: number
  readonly transactionalTrialCount: number
  readonly singleMs: number
  readonly latencyCount: number
  readonly latencyMsMax: number
  readonly httpMs: number
  readonly httpWarmUpMs: number
  readonly photoCount: number
  /** How long a worker is watched while it has nothing to do, and how long it comes to rest before. */
  readonly idleMs: number
  readonly idleRestMs: number
  readonly walJobCount: number
  /** Jobs that pass while a snapshot is held; each curve ends there or when its time is up. */
  readonly heldJobCount: Readonly<Record<JobKind, number>>
  readonly heldMsMax: number
  /** Jobs of the shortest step of such a curve. */
  readonly heldStepCountMin: number
  /** With so many handlers and processes: how long a measurement is, and its jobs at least and at most. */
  readonly gridStepMs: number
  readonly gridStepCountMin: number
  readonly gridStepCountMax: number
  readonly backlog: BacklogSizes
}

export interface BacklogSizes {
  /** Jobs queued, and jobs deferred. */
  readonly rowCount: number
  /** Jobs of the one tenant. */
  readonly tenantCount: number
  /** Jobs behind the one key. */
  readonly keyCount: number
  /** Samples of each side. */
  readonly sampleCount: number
}

export const FULL: Sizes = {
  rounds: 3,
  jobCount: 60_000,
  trialJobCount: 20_000,
  warmUpJobCount: 5_000,
  transactionalCount: 10_000,
  transactionalTrialCount: 3_000,
  singleMs: 1_500,
  latencyCount: 300, // of which p99 leaves out three: of a hundred it would be the slowest one
  latencyMsMax: 5_000,
  httpMs: 2_000,
  httpWarmUpMs: 1_000,
  photoCount: 16,
  idleMs: 20_000,
  idleRestMs: 8_000,
  walJobCount: 10_000,
  heldJobCount: { plain: 1_000_000, tracked: 250_000, deferred: 1_000_000, governed: 50_000 },
  heldMsMax: 90_000,
  heldStepCountMin: 1_000,
  gridStepMs: 1_000,
  gridStepCountMin: 1_000,
  gridStepCountMax: 400_000,
  backlog: backlogSizes(10_000_000, 2_000),
}

export const QUICK: Sizes = {
  rounds: 1,
  jobCount: 10_000,
  trialJobCount: 5_000,
  warmUpJobCount: 500,
  transactionalCount: 1_000,
  transactionalTrialCount: 500,
  singleMs: 300,
  latencyCount: 20,
  latencyMsMax: 1_000,
  httpMs: 1_000,
  httpWarmUpMs: 0,
  photoCount: 4,
  idleMs: 4_000,
  idleRestMs: 2_000,
  walJobCount: 1_000,
  heldJobCount: { plain: 20_000, tracked: 5_000, deferred: 10_000, governed: 1_500 },
  heldMsMax: 5_000,
  heldStepCountMin: 500,
  gridStepMs: 200,
  gridStepCountMin: 500,
  gridStepCountMax: 40_000,
  backlog: backlogSizes(100_000, 200),
}

/** The tenant has a tenth of the rows, the key a hundredth. */
export function backlogSizes(rowCount: number, sampleCount: number): BacklogSizes {
  return {
    rowCount,
    sampleCount,
    tenantCount: Math.ceil(rowCount / 1_000) * 100,
    keyCount: Math.ceil(rowCount / 10_000) * 100,
  }
}

/** The sizes with so many rows in a backlog, and so many jobs in each curve under a held snapshot, however long it takes. */
export function withRows(sizes: Sizes, rows: number): Sizes {
  return {
    ...sizes,
    backlog: backlogSizes(rows, sizes.backlog.sampleCount),
    heldJobCount: { plain: rows, tracked: rows, deferred: rows, governed: rows },
    heldMsMax: Number.POSITIVE_INFINITY,
  }
}
