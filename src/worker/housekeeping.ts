/**
 * What else is tidied up now and then, beside the queue itself. These tasks are not the engine's own: they reach for stores
 * that may never answer. So each has a deadline, after which the others go on without it; it may still end by itself, and
 * until it has, it is not begun again. One that fails keeps no other from its turn.
 */
import { type Clock, withDeadline } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'

/** Tidies up a bounded part of something. */
export type HousekeepingTask = () => Promise<void>

/** How long the others wait for one task. */
export const HOUSEKEEPING_MS_MAX = 60_000

export class Housekeeping {
  readonly #tasks: readonly HousekeepingTask[]
  readonly #clock: Clock
  readonly #log: Log
  /** Begun and not ended, the late ones among them. */
  readonly #running = new Set<HousekeepingTask>()

  constructor(tasks: readonly HousekeepingTask[], parts: { readonly clock: Clock; readonly log: Log }) {
    this.#tasks = tasks
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /** Each task once, in their order; none is begun any more once `signal` has fired. Never rejects. */
  async round(signal: AbortSignal): Promise<void> {
    for (const task of this.#tasks) {
      if (signal.aborted) return
      if (!this.#running.has(task)) await this.#inTime(task)
    }
  }

  async #inTime(task: HousekeepingTask): Promise<void> {
    const late = (): Error => new Error(`not done within ${HOUSEKEEPING_MS_MAX} ms; it is left to itself`)
    this.#running.add(task)
    const done = (async () => {
      try {
        await task()
      } finally {
        this.#running.delete(task)
      }
    })()
    await withDeadline(this.#clock, HOUSEKEEPING_MS_MAX, done, late).catch((thrown: unknown) =>
      this.#log.warn({ why: asError(thrown).message }, 'a task of housekeeping failed; it is tried again'),
    )
  }
}
