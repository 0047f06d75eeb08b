/**
 * Who waits for operations to change is told by one loop per process: a hint or a second's time wakes it, and one statement
 * looks for everything that anyone watches. While nobody watches, nothing runs.
 */
import type { Database } from '../data/database.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { TaskGroup } from '../kernel/task-group.ts'
import type { JobHint } from './hint.ts'
import type { Hints } from './hints.ts'
import { findChangedOperations, type Operation } from './operations.ts'

/** The longest time between two looks while anyone watches: hints can be lost. */
export const WATCH_MS_MAX = 1_000
/** The shortest: a job that reports progress in a loop must not become a statement each time. */
export const WATCH_MS_MIN = 20

interface Watcher {
  version: number
  readonly tell: (operation: Operation) => void
}

export class OperationWatch {
  readonly #db: Database
  readonly #hints: Hints
  readonly #clock: Clock
  readonly #log: Log
  readonly #watched = new Map<string, Set<Watcher>>()
  readonly #work: TaskGroup
  #isRunning = false
  #mustLook = false
  #isNapping = false
  #wake: AbortController | undefined

  constructor(parts: {
    readonly db: Database
    readonly hints: Hints
    readonly clock: Clock
    readonly log: Log
  }) {
    this.#db = parts.db
    this.#hints = parts.hints
    this.#clock = parts.clock
    this.#log = parts.log
    this.#work = new TaskGroup((error) => parts.log.error({ err: error }, 'the watch over operations ended'))
  }

  /** How many operations are watched. */
  get size(): number {
    return this.#watched.size
  }

  /** True while the loop runs. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /**
   * Calls `tell` with the operation whenever its version has risen above the last one told, `version` at first. Never
   * inside this call. Answers how to stop.
   */
  watch(id: string, version: number, tell: (operation: Operation) => void): () => void {
    const watcher: Watcher = { version, tell }
    const watchers = this.#watched.get(id) ?? new Set()
    this.#watched.set(id, watchers.add(watcher))
    if (!this.#isRunning) {
      this.#isRunning = true
      // whoever watches first may stand in a transaction, which the loop must not join
      this.#work.run(this.#db.outsideTransaction(() => this.#run()))
    }
    this.#lookNow() // it may have changed between the caller's own look and this call
    return () => {
      watchers.delete(watcher)
      if (watchers.size > 0 || this.#watched.get(id) !== watchers) return
      this.#watched.delete(id)
      if (this.#watched.size === 0) this.#wake?.abort()
    }
  }

  /** Resolves when the loop has ended, which it does once nobody watches. */
  settled(): Promise<void> {
    return this.#work.settled()
  }

  async #run(): Promise<void> {
    const unlisten = this.#hints.listenForJobs((hint) => {
      if (this.#concerns(hint)) this.#lookNow()
    })
    try {
      while (this.#watched.size > 0) {
        await this.#pause(WATCH_MS_MIN)
        if (!this.#mustLook) await this.#pause(WATCH_MS_MAX)
        if (this.#watched.size > 0) await this.#look()
      }
    } finally {
      this.#isRunning = false
      unlisten()
    }
  }

  /** Sleeps, but not past the last watcher; the longer pause also ends when there is something to look for. */
  async #pause(ms: number): Promise<void> {
    if (this.#watched.size === 0) return
    this.#wake = new AbortController()
    this.#isNapping = ms === WATCH_MS_MIN
    await this.#clock.sleep(ms, this.#wake.signal)
    this.#wake = undefined
  }

  #lookNow(): void {
    this.#mustLook = true
    if (!this.#isNapping) this.#wake?.abort()
  }

  #concerns(hint: JobHint): boolean {
    return hint.operations === 'all' || hint.operations.some((id) => this.#watched.has(id))
  }

  async #look(): Promise<void> {
    this.#mustLook = false
    const known = [...this.#watched].map(([id, watchers]) => ({
      id,
      version: Math.min(...[...watchers].map((w) => w.version)),
    }))
    try {
      for (const operation of await findChangedOperations(this.#db, known)) this.#tell(operation)
    } catch (thrown) {
      // watchers stay: the next look finds what this one did not
      this.#log.warn({ err: asError(thrown) }, 'could not look for changed operations')
    }
  }

  #tell(operation: Operation): void {
    for (const watcher of [...(this.#watched.get(operation.id) ?? [])]) {
      if (operation.version <= watcher.version) continue
      watcher.version = operation.version
      watcher.tell(operation)
    }
  }
}
