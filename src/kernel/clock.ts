/**
 * Time as a port. `Date`, `setTimeout` and `performance` appear in this file only, so that a test can own the time of
 * everything else.
 */

/** A timer that was set: `cancel` is safe twice and after it fired. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970, of the wall: for what people read. It may jump. */
  now(): number
  /** Milliseconds since an arbitrary start, never backwards: for durations and deadlines. */
  monotonic(): number
  /** Calls `run` once, `ms` from now. Timers never keep the process alive by themselves. */
  after(ms: number, run: () => void): Timer
  /** Resolves after `ms`, or at once when `signal` aborts: look at the signal to know which. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms: number, run: () => void): Timer {
    const timer = setTimeout(run, ms)
    timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  sleep: (ms: number, signal?: AbortSignal) => sleepOn(systemClock, ms, signal),
})

/** `sleep` for any clock that has `after`. */
export function sleepOn(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const wake = () => {
      timer.cancel()
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = clock.after(ms, wake)
    signal?.addEventListener('abort', wake, { once: true })
  })
}

/** Settles as `work` does, or rejects with `late()` after `ms`. The work itself is not stopped: that is the caller's. */
export async function withDeadline<T>(clock: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: Timer | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = clock.after(ms, () => reject(late()))
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    timer?.cancel()
  }
}
