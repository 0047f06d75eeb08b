/**
 * The packs of which some jobs have ended and others go on. As long as their jobs succeed and end soon after one another,
 * the whole pack is settled at once. Otherwise it is taken apart: what has succeeded is durable then, and every other job
 * has an entry of its own.
 */
import type { Clock, Timer } from '../kernel/clock.ts'
import type { TaskGroup } from '../kernel/task-group.ts'
import type { ClaimedEntry, ClaimedJob } from '../queue/claimed.ts'
import type { Outcome } from '../queue/job.ts'
import type { SettledEntry } from '../queue/settle.ts'

/** How long the end of a job may wait for the rest of its pack until it is made durable without it. */
export const CARVE_MS = 20

export interface OpenPacksOptions {
  readonly clock: Clock
  readonly group: TaskGroup
  /** Every job of the pack has succeeded. */
  readonly onWhole: (entry: ClaimedEntry) => void
  /** A job whose pack has been taken apart has ended. */
  readonly onApart: (job: ClaimedJob, outcome: Outcome) => void
  /** So many jobs of a lease are durable: they ended before their pack was taken apart. */
  readonly onDurable: (lease: string, jobs: number) => void
  /** Takes packs apart in the database; resolves when it is durable. */
  readonly carve: (packs: readonly { readonly pack: SettledEntry; readonly kept: readonly number[] }[]) => Promise<void>
}

interface OpenPack {
  readonly entry: ClaimedEntry
  readonly since: number
  /** Jobs that have succeeded, by their number. */
  readonly succeeded: Uint8Array
  succeededCount: number
  /** Jobs that ended otherwise, or while the pack was being taken apart: they are settled when that is done. */
  readonly later: { readonly job: ClaimedJob; readonly outcome: Outcome }[]
  carving: Promise<void> | undefined
}

export class OpenPacks {
  readonly #options: OpenPacksOptions
  readonly #open = new Map<ClaimedEntry, OpenPack>()
  #toCarve: OpenPack[] = []
  #carving: Promise<void> | undefined
  #timer: Timer | undefined

  constructor(options: OpenPacksOptions) {
    this.#options = options
  }

  /** Whether something of a pack is waiting to be durable. */
  get isBusy(): boolean {
    return this.#open.size > 0
  }

  add(job: ClaimedJob, outcome: Outcome): void {
    const { entry } = job
    const pack = this.#open.get(entry) ?? this.#begin(entry)
    if (
      outcome.kind === 'succeeded' &&
      pack.carving === undefined &&
      !entry.hasMoreToEnd &&
      outcome.hasEffects !== true
    ) {
      pack.succeeded[job.n] = 1
      pack.succeededCount += 1
      if (pack.succeededCount < entry.count) return
      this.#open.delete(entry)
      this.#options.onWhole(entry)
      return
    }
    pack.later.push({ job, outcome })
    void this.takeApart(entry)
  }

  /** Resolves when every job of the pack that has not succeeded yet has an entry of its own. */
  takeApart(entry: ClaimedEntry): Promise<void> {
    const pack = this.#open.get(entry) ?? this.#begin(entry)
    pack.carving ??= this.#plan(pack)
    return pack.carving
  }

  takeAllApart(): void {
    for (const pack of this.#open.values()) pack.carving ??= this.#plan(pack)
  }

  clear(): void {
    this.#timer?.cancel()
    this.#open.clear()
    this.#toCarve = []
  }

  #begin(entry: ClaimedEntry): OpenPack {
    const pack: OpenPack = {
      entry,
      since: this.#options.clock.monotonic(),
      succeeded: new Uint8Array(entry.count),
      succeededCount: 0,
      later: [],
      carving: undefined,
    }
    this.#open.set(entry, pack)
    this.#watch()
    return pack
  }

  /** One timer looks at all open packs. */
  #watch(): void {
    this.#timer ??= this.#options.clock.after(CARVE_MS, () => {
      this.#timer = undefined
      const late = this.#options.clock.monotonic() - CARVE_MS
      for (const pack of this.#open.values())
        if (pack.since <= late && pack.succeededCount > 0) pack.carving ??= this.#plan(pack)
      if (this.#open.size > 0) this.#watch()
    })
  }

  /** All packs that are to be taken apart in this turn of the event loop go in one statement. */
  #plan(pack: OpenPack): Promise<void> {
    this.#toCarve.push(pack)
    this.#carving ??= new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#carving = undefined
      return this.#carveAll()
    })
    this.#options.group.run(this.#carving)
    return this.#carving
  }

  async #carveAll(): Promise<void> {
    const packs = this.#toCarve
    this.#toCarve = []
    // what succeeds from here on is settled by its own entry: `carving` is set
    await this.#options.carve(
      packs.map(({ entry, succeeded }) => ({
        pack: entry,
        kept: [...succeeded.keys()].filter((n) => succeeded[n] === 0),
      })),
    )
    for (const { entry, succeededCount, later } of packs) {
      this.#open.delete(entry)
      entry.isApart = true
      if (succeededCount > 0) this.#options.onDurable(entry.lease, succeededCount)
      for (const { job, outcome } of later) this.#options.onApart(job, outcome)
    }
  }
}
