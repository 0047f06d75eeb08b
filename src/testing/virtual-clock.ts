/**
 * The time of a test: it stands still until the test moves it. What waits for a moment goes on when the clock passes it,
 * in the order of the moments. Code under test reads this clock.
 *
 * The engine reads another one (LifeClock): it tells the same time, but its timers run in real time, or a worker would
 * never look for work again. It also ends: the time of a process that was killed is over, so whatever still waits in it
 * need not be waited for.
 */
import { type Clock, sleepOn, systemClock, type Timer } from '../kernel/clock.ts'

interface Waiting {
  readonly dueAt: number
  readonly run: () => void
}

export class VirtualClock implements Clock {
  readonly #startedAt: number
  #nowMs: number
  readonly #waiting = new Set<Waiting>()

  constructor(nowMs: number) {
    this.#startedAt = nowMs
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs - this.#startedAt
  }

  after(ms: number, run: () => void): Timer {
    if (ms <= 0) {
      const soon = setImmediate(run)
      return { cancel: () => clearImmediate(soon) }
    }
    const waiting: Waiting = { dueAt: this.#nowMs + ms, run }
    this.#waiting.add(waiting)
    return { cancel: () => this.#waiting.delete(waiting) }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal)
  }

  /** When the next timer is due; undefined when nothing waits. */
  get nextDueAt(): number | undefined {
    return this.#waiting.size === 0 ? undefined : Math.min(...[...this.#waiting].map((w) => w.dueAt))
  }

  /** Timers that are set. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Sets the clock to a later moment and fires, in order, what is due by then. */
  moveTo(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    const due = [...this.#waiting].filter((w) => w.dueAt <= this.#nowMs).sort((a, b) => a.dueAt - b.dueAt)
    for (const waiting of due) if (this.#waiting.delete(waiting)) waiting.run()
  }
}

/** How much faster time goes by in a process that is dead. */
const AFTERLIFE_SPEED = 10_000
const AFTERLIFE_TIMER_MS = 1

export class LifeClock implements Clock {
  readonly #virtual: VirtualClock
  readonly #waiting = new Map<() => void, Timer>()
  #endedAt: number | undefined

  constructor(virtual: VirtualClock) {
    this.#virtual = virtual
  }

  now(): number {
    return this.#virtual.now()
  }

  monotonic(): number {
    const real = systemClock.monotonic()
    const since = this.#endedAt === undefined ? 0 : real - this.#endedAt
    return this.#virtual.monotonic() + real + since * AFTERLIFE_SPEED
  }

  after(ms: number, run: () => void): Timer {
    const fire = (): void => {
      this.#waiting.get(fire)?.cancel()
      if (this.#waiting.delete(fire)) run()
    }
    const realMs = this.#endedAt === undefined ? ms : Math.min(ms, AFTERLIFE_TIMER_MS)
    this.#waiting.set(fire, systemClock.after(realMs, fire))
    return {
      cancel: () => {
        this.#waiting.get(fire)?.cancel()
        this.#waiting.delete(fire)
      },
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal)
  }

  /** From now on nothing waits any longer. */
  end(): void {
    if (this.#endedAt !== undefined) return
    this.#endedAt = systemClock.monotonic()
    for (const fire of [...this.#waiting.keys()]) fire()
  }
}

/** For whoever makes ids: they sort in the order in which they were made, though the time stands still. */
export function clockForIds(clock: Clock): Clock {
  let last = 0
  return {
    now() {
      last = Math.max(last + 1, clock.now())
      return last
    },
    monotonic: () => clock.monotonic(),
    after: (ms, run) => clock.after(ms, run),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  }
}
