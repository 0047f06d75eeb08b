/** A clock that runs faster than time: for what a worker does every few seconds, where a test need not wait for them. */
import { type Clock, sleepOn, systemClock } from '../kernel/clock.ts'

export function hastyClock(times: number): Clock {
  const startedAt = systemClock.monotonic()
  const clock: Clock = {
    now: () => systemClock.now(),
    monotonic: () => startedAt + (systemClock.monotonic() - startedAt) * times,
    after: (ms, run) => systemClock.after(ms / times, run),
    sleep: (ms, signal) => sleepOn(clock, ms, signal),
  }
  return clock
}
