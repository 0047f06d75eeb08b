/**
 * Hints: "look now", sent between processes by NOTIFY on a connection of their own, the first at once, then at most once in
 * a few milliseconds. Work is told to listeners of this process without that detour. Nothing depends on hints but latency:
 * whoever waits for one polls as well. Never sent inside a transaction of the user, where NOTIFY would make all commits of
 * the cluster queue up.
 */
import { EventEmitter } from 'node:events'
import type { Clock, Timer } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Service } from '../kernel/service.ts'
import { JOB_CHANNEL, type JobHint, jobText, NAMES_MAX, WORK_CHANNEL, type WorkHint, workText } from './hint.ts'
import { HintConnection } from './hint-connection.ts'

/** Between two hints of a process that has much to say … */
export const HINT_MERGE_MS = 5
/** … and of one that says few things: to each of them somebody may be waiting. */
const HINT_APART_MS = 1
/** Things said in one hint, up to which they are few. */
const FEW = 4
/** Two lists of UUIDs must fit into one hint. */
const IDS_MAX = NAMES_MAX / 2

export interface Hints extends Service {
  workIn(lane: number): void
  /**
   * The words of a hint at work in these lanes, for who will send them by a statement of their own, at once. Undefined when
   * a hint was sent just now: tell them by `workIn` then.
   */
  takeTurn(lanes: readonly number[]): string | undefined
  deferred(): void
  operationChanged(id: string): void
  cancelRequested(id: string): void
  /** Calls `listener` when a process, this one included, has work for others. Answers how to stop. */
  listenForWork(listener: (hint: WorkHint) => void): () => void
  /** Calls `listener` for what processes, this one included, say of single jobs. Answers how to stop. */
  listenForJobs(listener: (hint: JobHint) => void): () => void
}

export function openHints(options: { readonly url: string; readonly clock: Clock; readonly log: Log }): Hints {
  return new PostgresHints(options)
}

class PostgresHints implements Hints {
  readonly #clock: Clock
  readonly #connection: HintConnection
  readonly #emitter = new EventEmitter<{ work: [WorkHint]; job: [JobHint] }>().setMaxListeners(0)
  readonly #lanes = new Set<number>()
  /** Lanes that this process's own listeners hear of at the end of this turn of the event loop. */
  readonly #own = new Set<number>()
  readonly #operations = new Set<string>()
  readonly #cancelled = new Set<string>()
  #hasDeferred = false
  /** Things said since the last hint was sent. */
  #saidCount = 0
  #sending: Timer | undefined
  #isUnderWay = false
  /** Before it, no hint is sent. */
  #nextAt = Number.NEGATIVE_INFINITY
  #isStopped = false

  constructor(options: { readonly url: string; readonly clock: Clock; readonly log: Log }) {
    this.#clock = options.clock
    this.#connection = new HintConnection({
      ...options,
      onWork: (hint) => this.#emitter.emit('work', hint),
      onJob: (hint) => this.#emitter.emit('job', hint),
    })
  }

  async start(): Promise<void> {
    await this.#connection.connect()
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#sending?.cancel()
    await this.#send()
    await this.#connection.stop()
  }

  workIn(lane: number): void {
    this.#lanes.add(lane)
    if (this.#own.size === 0) setImmediate(() => this.#tellOwn())
    this.#own.add(lane)
    this.#plan()
  }

  takeTurn(lanes: readonly number[]): string | undefined {
    const now = this.#clock.monotonic()
    const isBusy = this.#isUnderWay || this.#sending !== undefined || this.#hasSomething()
    if (isBusy || this.#isStopped || lanes.length > NAMES_MAX || now < this.#nextAt) return undefined
    this.#nextAt = now + HINT_APART_MS
    return workText({ lanes, hasDeferred: false })
  }

  deferred(): void {
    this.#hasDeferred = true
    this.#plan()
  }

  operationChanged(id: string): void {
    this.#operations.add(id)
    this.#plan()
  }

  cancelRequested(id: string): void {
    this.#cancelled.add(id)
    this.#plan()
  }

  listenForWork(listener: (hint: WorkHint) => void): () => void {
    this.#emitter.on('work', listener)
    this.#connection.wantWork()
    return () => this.#emitter.off('work', listener)
  }

  listenForJobs(listener: (hint: JobHint) => void): () => void {
    this.#emitter.on('job', listener)
    return () => this.#emitter.off('job', listener)
  }

  #tellOwn(): void {
    const lanes = [...this.#own]
    this.#own.clear()
    if (!this.#isStopped) this.#emitter.emit('work', { lanes, hasDeferred: false })
  }

  #plan(): void {
    this.#saidCount += 1
    if (this.#isStopped || this.#isUnderWay || this.#sending !== undefined) return
    const waitMs = this.#nextAt - this.#clock.monotonic()
    this.#sending = waitMs > 0 ? this.#clock.after(waitMs, () => void this.#send()) : soon(() => void this.#send())
  }

  /** Never rejects: a hint that is lost costs a poll's time. */
  async #send(): Promise<void> {
    this.#sending = undefined
    if (this.#isUnderWay) return
    this.#nextAt = this.#clock.monotonic() + (this.#saidCount > FEW ? HINT_MERGE_MS : HINT_APART_MS)
    const [channels, texts] = this.#takeWords()
    if (channels.length === 0) return
    this.#isUnderWay = true
    await this.#connection.send(channels, texts)
    this.#isUnderWay = false
    if (this.#hasSomething()) this.#plan()
  }

  /** What there is to say, as channels and their texts; it is said then. */
  #takeWords(): readonly [string[], string[]] {
    const channels: string[] = []
    const texts: string[] = []
    if (this.#hasDeferred || this.#lanes.size > 0) {
      const lanes = this.#lanes.size > NAMES_MAX ? 'all' : [...this.#lanes]
      channels.push(WORK_CHANNEL)
      texts.push(workText({ lanes, hasDeferred: this.#hasDeferred }))
    }
    if (this.#operations.size + this.#cancelled.size > 0) {
      channels.push(JOB_CHANNEL)
      texts.push(jobText({ operations: idsOf(this.#operations), cancelled: idsOf(this.#cancelled) }))
    }
    for (const said of [this.#lanes, this.#operations, this.#cancelled]) said.clear()
    this.#hasDeferred = false
    this.#saidCount = 0
    return [channels, texts]
  }

  #hasSomething(): boolean {
    return this.#hasDeferred || this.#lanes.size + this.#operations.size + this.#cancelled.size > 0
  }
}

/** At the end of this turn of the event loop: a timer of 0 ms takes a whole one. */
function soon(run: () => void): Timer {
  const immediate = setImmediate(run)
  return { cancel: () => clearImmediate(immediate) }
}

function idsOf(ids: ReadonlySet<string>): readonly string[] | 'all' {
  return ids.size > IDS_MAX ? 'all' : [...ids]
}
