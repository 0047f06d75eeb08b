/**
 * Hints: "look now", sent between processes by NOTIFY on a connection of their own, at most once per 5 ms (the first at
 * once). Work is told to listeners of this process without that detour. Nothing depends on hints but latency: whoever
 * waits for one polls as well. Never sent inside a transaction of the user, where NOTIFY would make all commits of the
 * cluster queue up.
 */
import { EventEmitter } from 'node:events'
import pg from 'pg'
import type { Clock, Timer } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Service } from '../kernel/service.ts'

export const HINT_MERGE_MS = 5
const RECONNECT_MS = 250
const RECONNECT_MS_MAX = 5_000
/** Ids in one hint; when there are more, it says "look at all". NOTIFY takes 8,000 bytes. */
const IDS_MAX = 150
const CHANNEL = 'millrace'
/** A hint whose answer does not come within this time finds a dead connection. */
const SEND_MS_MAX = 2_000

/** What a hint says: lanes with new work, operations that changed, jobs to be cancelled. `'all'`: too many to name. */
export interface Hint {
  readonly lanes: readonly number[]
  readonly hasDeferred: boolean
  readonly operations: readonly string[] | 'all'
  readonly cancelled: readonly string[] | 'all'
}

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
  /** Calls `listener` for hints of all processes, this one included. Answers how to stop. */
  listen(listener: (hint: Hint) => void): () => void
}

export function openHints(options: { readonly url: string; readonly clock: Clock; readonly log: Log }): Hints {
  return new PostgresHints(options)
}

class PostgresHints implements Hints {
  readonly #options: { readonly url: string; readonly clock: Clock; readonly log: Log }
  readonly #emitter = new EventEmitter<{ hint: [Hint] }>().setMaxListeners(0)
  readonly #lanes = new Set<number>()
  /** Lanes that this process's own listeners hear of at the end of this turn of the event loop. */
  readonly #own = new Set<number>()
  readonly #operations = new Set<string>()
  readonly #cancelled = new Set<string>()
  #hasDeferred = false
  #client: pg.Client | undefined
  #sending: Timer | undefined
  #isUnderWay = false
  #sentAt = Number.NEGATIVE_INFINITY
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
    const { clock } = this.#options
    const isBusy = this.#isUnderWay || this.#sending !== undefined || this.#hasSomething()
    if (isBusy || this.#isStopped || lanes.length > IDS_MAX || clock.monotonic() - this.#sentAt < HINT_MERGE_MS)
      return undefined
    this.#sentAt = clock.monotonic()
    return payloadOf({ lanes, hasDeferred: false, operations: [], cancelled: [] })
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

  listen(listener: (hint: Hint) => void): () => void {
    this.#emitter.on('hint', listener)
    return () => this.#emitter.off('hint', listener)
  }

  #tellOwn(): void {
    const lanes = [...this.#own]
    this.#own.clear()
    if (!this.#isStopped) this.#emitter.emit('hint', { lanes, hasDeferred: false, operations: [], cancelled: [] })
  }

  #plan(): void {
    if (this.#isStopped || this.#isUnderWay) return
    if (this.#sending !== undefined) return
    const waitMs = this.#sentAt + HINT_MERGE_MS - this.#options.clock.monotonic()
    this.#sending =
      waitMs > 0 ? this.#options.clock.after(waitMs, () => void this.#send()) : soon(() => void this.#send())
  }

  /** Never rejects: a hint that is lost costs a poll's time. */
  async #send(): Promise<void> {
    this.#sending = undefined
    if (this.#isUnderWay) return
    this.#sentAt = this.#options.clock.monotonic()
    const isSaying = this.#hasSomething()
    const payload = payloadOf(
      this.#lanes.size > IDS_MAX
        ? LOOK_AT_ALL
        : {
            lanes: [...this.#lanes],
            hasDeferred: this.#hasDeferred,
            operations: namesOf(this.#operations),
            cancelled: namesOf(this.#cancelled),
          },
    )
    this.#lanes.clear()
    this.#operations.clear()
    this.#cancelled.clear()
    this.#hasDeferred = false
    if (!isSaying || this.#client === undefined) return
    const client = this.#client
    this.#isUnderWay = true
    await client
      .query({ name: 'millrace:hint', text: 'select pg_notify($1, $2)', values: [CHANNEL, payload] })
      .catch((thrown: unknown) => this.#drop(client, asError(thrown)))
    this.#isUnderWay = false
    if (this.#hasSomething()) this.#plan()
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
    client.on('notification', ({ payload, processId }) => {
      const hint = parse(payload ?? '')
      // what this process says of work it has heard already
      const isOwn = processId === (client as unknown as { readonly processID: number }).processID
      this.#emitter.emit('hint', isOwn ? { ...hint, lanes: [] } : hint)
    })
    await client.connect()
    await client.query(`listen ${CHANNEL}`)
    this.#client = client
    this.#reconnectMs = RECONNECT_MS
    this.#emitter.emit('hint', LOOK_AT_ALL) // what was said while nobody listened
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

const LOOK_AT_ALL: Hint = Object.freeze({ lanes: [], hasDeferred: true, operations: 'all', cancelled: 'all' })

function namesOf(ids: ReadonlySet<string>): readonly string[] | 'all' {
  return ids.size > IDS_MAX / 2 ? 'all' : [...ids]
}

function payloadOf({ lanes, hasDeferred, operations, cancelled }: Hint): string {
  const listOf = (ids: readonly string[] | 'all'): string => (ids === 'all' ? '*' : ids.join())
  return [`q${lanes.join()}`, hasDeferred ? 'd' : '', `o${listOf(operations)}`, `c${listOf(cancelled)}`].join(';')
}

/** Anyone with the database's password can notify: what does not parse is no hint. */
function parse(payload: string): Hint {
  const [q = 'q', d = '', o = 'o', c = 'c'] = payload.split(';')
  return {
    lanes: itemsOf(q).map(Number).filter(Number.isInteger),
    hasDeferred: d === 'd',
    operations: o === 'o*' ? 'all' : itemsOf(o),
    cancelled: c === 'c*' ? 'all' : itemsOf(c),
  }
}

function itemsOf(part: string): readonly string[] {
  return part.length > 1 ? part.slice(1).split(',').slice(0, IDS_MAX) : []
}
