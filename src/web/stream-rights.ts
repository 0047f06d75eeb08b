/**
 * Whoever follows a stream must still be allowed to: all of them are looked at once a second, together. Who is not ends within
 * a second; of whom nobody can say it, because a store or the provider is away, within five.
 */
import type { Clock, Timer } from '../kernel/clock.ts'
import { isMillraceError } from '../kernel/errors.ts'

/** Within so long a stream ends whose session has, or whose role was taken away. */
export const RIGHTS_CHECK_MS = 1_000
/** So long it goes on without a yes: what is away is mostly back by then, and for longer nobody reads unseen. */
export const RIGHTS_UNSURE_MS_MAX = 5_000

interface Follower {
  readonly mayFollow: () => Promise<boolean>
  readonly end: () => void
  /** The last yes, by the monotonic clock. */
  allowedAt: number
  isBeingLookedAt: boolean
}

export class StreamRights {
  readonly #clock: Clock
  readonly #followers = new Set<Follower>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `end` once `mayFollow` says no, or has not said yes for RIGHTS_UNSURE_MS_MAX. Answers how to stop looking. */
  watch(mayFollow: () => Promise<boolean>, end: () => void): () => void {
    const follower: Follower = { mayFollow, end, allowedAt: this.#clock.monotonic(), isBeingLookedAt: false }
    this.#followers.add(follower)
    this.#tick()
    return () => void this.#followers.delete(follower)
  }

  #tick(): void {
    this.#timer ??= this.#clock.after(RIGHTS_CHECK_MS, () => {
      this.#timer = undefined
      for (const follower of this.#followers) void this.#check(follower)
      if (this.#followers.size > 0) this.#tick()
    })
  }

  async #check(follower: Follower): Promise<void> {
    if (this.#clock.monotonic() - follower.allowedAt >= RIGHTS_UNSURE_MS_MAX) return this.#end(follower)
    // one look at a time: where answers are slow, more questions make them slower
    if (follower.isBeingLookedAt) return
    follower.isBeingLookedAt = true
    const askedAt = this.#clock.monotonic()
    const isAllowed = await follower.mayFollow().catch((error: unknown) => {
      // what is away says nothing of anybody's rights: the next look may
      return isMillraceError(error) && error.retryable ? undefined : false
    })
    follower.isBeingLookedAt = false
    if (isAllowed === true) follower.allowedAt = askedAt
    if (isAllowed === false) this.#end(follower)
  }

  #end(follower: Follower): void {
    if (this.#followers.delete(follower)) follower.end()
  }
}
