/** How much is measured: everything, or just enough to see that it works. */

export interface Sizes {
  readonly rounds: number
  /** Jobs that are submitted in bulk, and drained. */
  readonly jobCount: number
  /** The same while the settings of the peers are tried out, and to warm a process up. */
  readonly trialJobCount: number
  readonly warmUpJobCount: number
  readonly singleMs: number
  readonly latencyCount: number
  readonly latencyMsMax: number
  readonly httpMs: number
  readonly httpWarmUpMs: number
  readonly photoCount: number
}

export const FULL: Sizes = {
  rounds: 3,
  jobCount: 60_000,
  trialJobCount: 20_000,
  warmUpJobCount: 5_000,
  singleMs: 1_500,
  latencyCount: 100,
  latencyMsMax: 5_000,
  httpMs: 2_000,
  httpWarmUpMs: 1_000,
  photoCount: 16,
}

export const QUICK: Sizes = {
  rounds: 1,
  jobCount: 10_000,
  trialJobCount: 5_000,
  warmUpJobCount: 500,
  singleMs: 300,
  latencyCount: 20,
  latencyMsMax: 1_000,
  httpMs: 1_000,
  httpWarmUpMs: 0,
  photoCount: 4,
}
