/** What a claim hands out: entries of the log, and the jobs in them. */
import { actorOf, versionOf } from './headers.ts'
import type { EntryKey } from './job.ts'
import { isEnvelope, mayHoldEnvelope } from './payload/envelope.ts'

/** The most jobs in one entry: numbers between two entries of the log are the jobs' own (migrations/0002-packs.sql). */
export const PACK_COUNT_MAX = 100
const ID_BYTES = 16

/** A leased entry: one job, or a pack of jobs that were submitted together. */
export class ClaimedEntry implements EntryKey {
  readonly lease: string
  readonly lane: number
  readonly xid: string
  readonly seq: string
  /** Jobs in it. */
  readonly count: number
  readonly task: string
  readonly isTracked: boolean
  /** Attempts spent before this one. */
  readonly attempt: number
  /** How often a worker died under it. */
  readonly crashes: number
  readonly headers: Readonly<Record<string, string>> | null
  /**
   * Whether the end of its jobs is more than that their entry goes, even when they succeed and are not tracked: it has a slot of
   * a governed queue, or a unique key, or its task remembers every job.
   */
  readonly hasMoreToEnd: boolean
  /** Whether an input in it may be encoded: it is to be decoded (payload/payloads.ts) before a handler gets it. */
  readonly isEncoded: boolean
  /** Whether each job has an entry of its own now: a pack was taken apart. */
  isApart: boolean
  readonly #id: string
  readonly #pack: Buffer | null
  readonly #payload: string
  #inputs: unknown[] | undefined

  constructor(row: ClaimRow, lane: number) {
    this.lease = row.lease
    this.lane = lane
    this.xid = row.xid
    this.seq = row.seq
    this.count = row.count
    this.task = row.task
    this.isTracked = row.tracked
    this.attempt = row.attempt
    this.crashes = row.crashes
    this.headers = row.headers
    this.hasMoreToEnd = row.holds || row.headers?.['unique'] !== undefined || row.headers?.['history'] === 'all'
    this.isEncoded = row.count === 1 ? isEnvelope(row.payload) : mayHoldEnvelope(row.payload)
    this.isApart = row.count === 1
    this.#id = row.id
    this.#pack = row.pack
    this.#payload = row.payload
  }

  /** The id of its first job. */
  get id(): string {
    return this.#id
  }

  /** The id of its n-th job. */
  idOf(n: number): string {
    if (this.#pack === null) return this.#id
    const hex = this.#pack.toString('hex', n * ID_BYTES, (n + 1) * ID_BYTES)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  /** The input of its n-th job as it is stored: parsed once for the whole pack, fresh for each attempt. */
  inputOf(n: number): unknown {
    if (this.count === 1) return JSON.parse(this.#payload)
    this.#inputs ??= JSON.parse(this.#payload) as unknown[]
    return this.#inputs[n]
  }

  /** The same as JSON text. */
  payloadOf(n: number): string {
    return this.count === 1 ? this.#payload : JSON.stringify(this.inputOf(n))
  }
}

/** A row of the claim statement. */
export interface ClaimRow {
  readonly lease: string
  readonly xid: string
  readonly seq: string
  readonly id: string
  readonly task: string
  readonly tracked: boolean
  readonly attempt: number
  readonly crashes: number
  readonly payload: string
  readonly headers: Readonly<Record<string, string>> | null
  readonly count: number
  readonly pack: Buffer | null
  readonly holds: boolean
}

/** One leased job. */
export class ClaimedJob {
  readonly entry: ClaimedEntry
  /** Its number in the entry, from 0. */
  readonly n: number

  constructor(entry: ClaimedEntry, n: number) {
    this.entry = entry
    this.n = n
  }

  get id(): string {
    return this.entry.idOf(this.n)
  }
  get task(): string {
    return this.entry.task
  }
  get isTracked(): boolean {
    return this.entry.isTracked
  }
  get attempt(): number {
    return this.entry.attempt
  }
  /** Of its input. */
  get version(): number {
    return versionOf(this.entry.headers)
  }
  get crashes(): number {
    return this.entry.crashes
  }
  /** The account in whose name it was submitted. */
  get actor(): string | undefined {
    return actorOf(this.entry.headers)
  }

  /** Where its own entry lies. Only for a job that has one: not while it is part of a pack. */
  get key(): EntryKey & { readonly count: 1 } {
    const { lane, xid, seq, count } = this.entry
    return { id: this.id, count: 1, lane, xid, seq: count === 1 ? seq : String(BigInt(seq) + BigInt(this.n)) }
  }
}

/** Every job of the entries, in order. */
export function jobsOf(entries: readonly ClaimedEntry[]): readonly ClaimedJob[] {
  return entries.flatMap((entry) => Array.from({ length: entry.count }, (_, n) => new ClaimedJob(entry, n)))
}
