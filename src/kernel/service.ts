/** One lifecycle for everything that runs. */

/** How long `stop` may take before it cancels what is left. */
export interface StopOptions {
  readonly drainMs: number
}

/** Something that runs between `start` and `stop`. */
export interface Service {
  /** Resolves when ready to serve; throws when it cannot be. */
  start(signal: AbortSignal): Promise<void>
  /** Safe twice and safe before `start`. Waits up to `drainMs`, then cancels what is left. */
  stop(options: StopOptions): Promise<void>
}
