/**
 * The connection that hints come and go by. It is made again when it is lost, and what was said meanwhile is made up for by
 * "look at all". One connection at most: whatever goes wrong with it at whatever moment, its socket goes before another is
 * made, and none is made after `stop`.
 */
import pg from 'pg'
import { type Clock, type Timer, withDeadline } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import {
  JOB_CHANNEL,
  type JobHint,
  LOOK_AT_JOBS,
  LOOK_FOR_WORK,
  parseJob,
  parseWork,
  WORK_CHANNEL,
  type WorkHint,
} from './hint.ts'

const RECONNECT_MS = 250
const RECONNECT_MS_MAX = 5_000
const CONNECT_MS_MAX = 5_000
/** A statement whose answer does not come within this time finds a dead connection. */
const ANSWER_MS_MAX = 2_000
const NOTIFY = {
  name: 'millrace:hint',
  text: 'select pg_notify(h.channel, h.text) from unnest($1::text[], $2::text[]) h(channel, text)',
}

export interface HintConnectionOptions {
  readonly url: string
  readonly clock: Clock
  readonly log: Log
  readonly onWork: (hint: WorkHint) => void
  readonly onJob: (hint: JobHint) => void
}

export class HintConnection {
  readonly #options: HintConnectionOptions
  /** From the moment when it begins to connect. */
  #client: pg.Client | undefined
  #isReady = false
  #wantsWork = false
  #hearsWork = false
  #isStopped = false
  #reconnecting: Timer | undefined
  #reconnectMs = RECONNECT_MS

  constructor(options: HintConnectionOptions) {
    this.#options = options
  }

  /** Never rejects: what could not be made is made later. */
  async connect(): Promise<void> {
    if (this.#isStopped) return
    const client = this.#open()
    this.#client = client
    this.#hearsWork = false
    try {
      await this.#inTime(CONNECT_MS_MAX, client.connect())
      await this.#ask(client, { text: `listen ${JOB_CHANNEL}` })
      if (client !== this.#client) return
      this.#isReady = true
      if (this.#wantsWork) await this.#hearWork(client)
      this.#reconnectMs = RECONNECT_MS
      this.#options.onJob(LOOK_AT_JOBS)
    } catch (thrown) {
      this.#lost(client, asError(thrown))
    }
  }

  /** From now on, hints at work are heard as well: each wakes a process of the server for each connection that hears it. */
  wantWork(): void {
    this.#wantsWork = true
    const client = this.#client
    if (client !== undefined && this.#isReady && !this.#hearsWork)
      this.#hearWork(client).catch((thrown: unknown) => this.#lost(client, asError(thrown)))
  }

  /** Never rejects: a hint that is lost costs a poll's time. */
  async send(channels: readonly string[], texts: readonly string[]): Promise<void> {
    const client = this.#client
    if (client === undefined || !this.#isReady) return
    await this.#ask(client, { ...NOTIFY, values: [channels, texts] }).catch((thrown: unknown) =>
      this.#lost(client, asError(thrown)),
    )
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#reconnecting?.cancel()
    const client = this.#client
    if (client === undefined) return
    this.#client = undefined
    if (this.#isReady) await this.#inTime(ANSWER_MS_MAX, client.end()).catch(() => {})
    destroy(client)
  }

  #open(): pg.Client {
    const client = new pg.Client({
      connectionString: this.#options.url,
      application_name: 'millrace hints',
      keepAlive: true,
      options: '-c synchronous_commit=off', // NOTIFY commits as well, and a hint need not survive a crash
    })
    client.on('error', (error) => this.#lost(client, error))
    client.on('end', () => this.#lost(client, new Error('the connection ended')))
    client.on('notification', ({ channel, payload = '', processId }) => {
      if (channel === JOB_CHANNEL) this.#options.onJob(parseJob(payload))
      if (channel !== WORK_CHANNEL) return
      // what this process says of work it has heard already
      const isOwn = processId === (client as unknown as { readonly processID: number }).processID
      const hint = parseWork(payload)
      this.#options.onWork(isOwn ? { ...hint, lanes: [] } : hint)
    })
    return client
  }

  async #hearWork(client: pg.Client): Promise<void> {
    this.#hearsWork = true
    await this.#ask(client, { text: `listen ${WORK_CHANNEL}` })
    this.#options.onWork(LOOK_FOR_WORK)
  }

  async #ask(client: pg.Client, query: pg.QueryConfig): Promise<void> {
    await this.#inTime(ANSWER_MS_MAX, client.query(query))
  }

  async #inTime(ms: number, answer: Promise<unknown>): Promise<void> {
    await withDeadline(this.#options.clock, ms, answer, () => new Error(`no answer within ${ms} ms`))
  }

  /** A connection that fails or does not answer is not waited for: its socket goes, and a new one is made. */
  #lost(client: pg.Client, error: Error): void {
    if (client !== this.#client) return
    this.#client = undefined
    this.#isReady = false
    destroy(client)
    this.#options.log.debug({ err: error }, 'the connection for hints was lost; polling goes on')
    this.#reconnecting = this.#options.clock.after(this.#reconnectMs, () => void this.connect())
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, RECONNECT_MS_MAX)
  }
}

function destroy(client: pg.Client): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
  connection.stream.destroy()
}
