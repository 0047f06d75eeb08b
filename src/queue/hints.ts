/**
 * Hints: "look now", sent between processes by NOTIFY on a connection of their own, the first at once, then at most once in
 * a few milliseconds. Work is told to listeners of this process without that detour. Nothing depends on hints but latency:
 * whoever waits for one polls as well. Never sent inside a transaction of the user, where NOTIFY would make all commits of
 * the cluster queue up.
 */
import { EventEmitter } from 'node:events'
import pg from 'pg'
import type { Clock, Timer } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Service } from '../kernel/service.ts'
import {
  JOB_CHANNEL,
  type JobHint,
  jobText,
  LOOK_AT_JOBS,
  LOOK_FOR_WORK,
  NAMES_MAX,
  parseJob,
  parseWork,
  WORK_CHANNEL,
  type WorkHint,
  workText,
} from './hint.ts'

/** Between two hints of a process that has much to say … */
export const HINT_MERGE_MS = 5
/** … and of one that says few things: to each of them somebody may be waiting. */
const HINT_APART_MS = 1
/** Things said in one hint, up to which they are few. */
const FEW = 4
const RECONNECT_MS = 250
const RECONNECT_MS_MAX = 5_000
/** Two lists of UUIDs must fit into one hint. */
const IDS_MAX = NAMES_MAX / 2
/** A hint whose answer does not come within this time finds a dead connection. */
const SEND_MS_MAX = 2_000
const NOTIFY = 'select pg_notify(h.channel, h.text) from unnest($1::text[], $2::text[]) h(channel, text)'

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
  readonly #options: { readonly url: string; readonly clock: Clock; readonly log: Log }
  readonly #emitter = new EventEmitter<{ work: [WorkHint]; job: [JobHint] }>().setMaxListeners(0)
  readonly #lanes = new Set<number>()
  /** Lanes that this process's own listeners hear of at the end of this turn of the event loop. */
  readonly #own = new Set<number>()
  readonly #operations = new Set<string>()
  readonly #cancelled = new Set<string>()
  #hasDeferred = false
  /** Things said since the last hint was sent. */
  #saidCount = 0
  #client: pg.Client | undefined
  #hearsWork = false
  #sending: Timer | undefined
  #isUnderWay = false
  /** Before it, no hint is sent. */
  #nextAt = Number.NEGATIVE_INFINITY
  #isStopped = false
  #reconnectMs = RECONNECT_MS

  constructor(options: { readonly url: string; readonly clock: Clock; readonly log: Log }) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#connect().catch((thrown: unknown) => this.#lost(asError(thrown)))
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#sending?.cancel()
    await this.#send()
    await this.#client?.end().catch(() => {})
  }

  workIn(lane: number): void {
    this.#lanes.add(lane)
    if (this.#own.size === 0) setImmediate(() => this.#tellOwn())
    this.#own.add(lane)
    this.#plan()
  }

  takeTurn(lanes: readonly number[]): string | undefined {
    const now = this.#options.clock.monotonic()
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
    const client = this.#client
    if (client !== undefined && !this.#hearsWork)
      this.#hearWork(client).catch((thrown: unknown) => this.#drop(client, asError(thrown)))
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
    const waitMs = this.#nextAt - this.#options.clock.monotonic()
    this.#sending =
      waitMs > 0 ? this.#options.clock.after(waitMs, () => void this.#send()) : soon(() => void this.#send())
  }

  /** Never rejects: a hint that is lost costs a poll's time. */
  async #send(): Promise<void> {
    this.#sending = undefined
    if (this.#isUnderWay) return
    this.#nextAt = this.#options.clock.monotonic() + (this.#saidCount > FEW ? HINT_MERGE_MS : HINT_APART_MS)
    const [channels, texts] = this.#takeWords()
    const client = this.#client
    if (channels.length === 0 || client === undefined) return
    this.#isUnderWay = true
    await client
      .query({ name: 'millrace:hint', text: NOTIFY, values: [channels, texts] })
      .catch((thrown: unknown) => this.#drop(client, asError(thrown)))
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

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: 'millrace hints',
      connectionTimeoutMillis: RECONNECT_MS_MAX,
      keepAlive: true,
      query_timeout: SEND_MS_MAX,
      options: '-c synchronous_commit=off', // NOTIFY commits as well, and a hint need not survive a crash
    })
    client.on('error', (error) => this.#lost(error, client))
    client.on('end', () => this.#lost(new Error('the connection ended'), client))
    client.on('notification', ({ channel, payload = '', processId }) => {
      if (channel === JOB_CHANNEL) this.#emitter.emit('job', parseJob(payload))
      if (channel !== WORK_CHANNEL) return
      // what this process says of work it has heard already
      const isOwn = processId === (client as unknown as { readonly processID: number }).processID
      const hint = parseWork(payload)
      this.#emitter.emit('work', isOwn ? { ...hint, lanes: [] } : hint)
    })
    await client.connect()
    await client.query(`listen ${JOB_CHANNEL}`)
    this.#hearsWork = false
    if (this.#emitter.listenerCount('work') > 0) await this.#hearWork(client)
    this.#client = client
    this.#reconnectMs = RECONNECT_MS
    this.#emitter.emit('job', LOOK_AT_JOBS)
  }

  /** Only for who listens: each hint wakes a process of the server for each connection that hears it, and then ours. */
  async #hearWork(client: pg.Client): Promise<void> {
    this.#hearsWork = true
    await client.query(`listen ${WORK_CHANNEL}`)
    this.#emitter.emit('work', LOOK_FOR_WORK)
  }

  /** A connection that does not answer is not waited for: its socket goes, and a new one is made. */
  #drop(client: pg.Client, error: Error): void {
    const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
    connection.stream.destroy()
    this.#lost(error, client)
  }

  #lost(error: Error, client?: pg.Client): void {
    if (this.#isStopped || (client !== undefined && client !== this.#client)) return
    this.#client = undefined
    this.#options.log.debug({ err: error }, 'the connection for hints was lost; polling goes on')
    this.#options.clock.after(this.#reconnectMs, () => {
      if (!this.#isStopped) this.#connect().catch((thrown: unknown) => this.#lost(asError(thrown)))
    })
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, RECONNECT_MS_MAX)
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
