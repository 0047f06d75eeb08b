/** Whoever follows a stream must still be allowed to: all of them are looked at once a second, together. */
import type { Clock, Timer } from '../kernel/clock.ts'
import { isMillraceError } from '../kernel/errors.ts'

/** Within so long a stream ends whose session has, or whose role was taken away. */
export const RIGHTS_CHECK_MS = 1_000

export class StreamRights {
  readonly #clock: Clock
  readonly #followers = new Set<() => Promise<void>>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `end` once `mayFollow` says no. Answers how to stop looking. */
  watch(mayFollow: () => Promise<boolean>, end: () => void): () => void {
    const look = async (): Promise<void> => {
      // a store that is away says nothing of anybody's rights: the next look will
      const isAllowed = await mayFollow().catch((error: unknown) => isMillraceError(error) && error.retryable)
      if (!isAllowed && this.#followers.delete(look)) end()
    }
    this.#followers.add(look)
    this.#tick()
    return () => void this.#followers.delete(look)
  }

  #tick(): void {
    this.#timer ??= this.#clock.after(RIGHTS_CHECK_MS, () => {
      this.#timer = undefined
      for (const look of this.#followers) void look()
      if (this.#followers.size > 0) this.#tick()
    })
  }
}
