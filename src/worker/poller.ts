/** Looks for work: at once on a hint, else at a pace that follows the load, from 20 ms down to once a second. */
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { probe } from '../queue/claim.ts'
import type { Feed } from './feed.ts'
import type { Keeper } from './keeper.ts'
import { Receiver } from './receiver.ts'

export const POLL_MS_MIN = 20
export const POLL_MS_MAX = 1_000

export interface PollerParts {
  readonly db: Queryable
  readonly feeds: readonly Feed[]
  readonly keeper: Keeper
  readonly clock: Clock
  readonly log: Log
  readonly onWork: (lanes: readonly number[]) => void
  /** This worker's present id. */
  readonly worker: () => string
  /** Called before each look. */
  readonly onLook: () => void
}

export class Poller {
  readonly #parts: PollerParts
  readonly #stopped = new AbortController()
  readonly #receiver: Receiver
  #wake: () => void = () => {}
  #isWoken = false
  #loop: Promise<void> = Promise.resolve()

  constructor(parts: PollerParts) {
    this.#parts = parts
    this.#receiver = new Receiver({ ...parts, stopped: this.#stopped.signal })
  }

  start(): void {
    this.#loop = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#wake()
    await this.#loop
    await this.#receiver.settled()
  }

  /** Looks now instead of later. */
  wake(): void {
    this.#isWoken = true
    this.#wake()
  }

  async #run(): Promise<void> {
    const { log } = this.#parts
    let waitMs = POLL_MS_MIN
    while (!this.#stopped.signal.aborted) {
      this.#isWoken = false
      let dueInMs: number | undefined
      try {
        const looked = await this.#look()
        waitMs = looked.isBusy ? POLL_MS_MIN : Math.min(waitMs * 2, POLL_MS_MAX)
        dueInMs = looked.dueInMs
      } catch (thrown) {
        waitMs = Math.min(waitMs * 2, POLL_MS_MAX)
        log.warn({ why: asError(thrown).message, againInMs: waitMs }, 'looking for work failed')
      }
      await this.#sleep(Math.max(1, Math.min(waitMs, dueInMs ?? waitMs)))
      if (this.#isWoken) waitMs = POLL_MS_MIN
    }
  }

  async #look(): Promise<{ readonly isBusy: boolean; readonly dueInMs: number | undefined }> {
    const { db, feeds, keeper, worker, onWork, onLook } = this.#parts
    onLook()
    // lanes that are known to have more, or have no room, need no look
    const quiet = feeds.filter((feed) => feed.room > 0).flatMap((feed) => feed.sources.filter((s) => !s.hasMore))
    const lanes = quiet.flatMap((source) => source.hintedBy)
    const full = feeds.filter((feed) => feed.room === 0).flatMap((feed) => feed.sources)
    const intakes = full.flatMap(({ intake = [] }) => intake)
    const found = await probe(db, [...lanes, ...intakes], keeper.promotedTo, worker())
    keeper.told(found)
    const work = found.lanes.filter((lane) => lanes.includes(lane))
    if (work.length > 0) onWork(work)
    for (const { lane, intake } of full)
      if (intake !== undefined && found.lanes.includes(intake)) this.#receiver.receive(lane)
    const isDue = found.dueInMs !== undefined && found.dueInMs <= 0
    if (isDue) await keeper.promote()
    return { isBusy: work.length > 0 || isDue, dueInMs: isDue ? undefined : found.dueInMs }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#isWoken || this.#stopped.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(ms, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
    this.#wake = () => {}
  }
}
