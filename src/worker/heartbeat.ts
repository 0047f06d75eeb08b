/** The heartbeat thread as its worker process sees it. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'

export interface HeartbeatData {
  readonly url: string
  readonly workerId: string
  readonly leaseMs: number
  readonly beatMs: number
  readonly blockedMsMax: number
  /** One Int32 that the event loop counts up: a loop that no longer does is blocked. */
  readonly pulse: SharedArrayBuffer
}

export type FromHeartbeat =
  | { readonly kind: 'alive' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'missed'; readonly why: string }

export interface HeartbeatOptions {
  readonly url: string
  readonly workerId: string
  readonly leaseMs: number
  readonly blockedMsMax: number
  readonly clock: Clock
  readonly log: Log
  /** The worker was declared dead: its jobs are others' now. */
  readonly onLost: () => void
}

/** Beats in one lease time: so many may be missed before the lease is in danger. */
const BEATS_PER_LEASE = 5
const PULSE_MS = 100

export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #thread: Worker
  readonly #pulse = new SharedArrayBuffer(4)
  #pulseTimer: Timer | undefined
  #aliveSince: number | undefined
  #isStopped = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    const { url, workerId, leaseMs, blockedMsMax } = options
    const data: HeartbeatData = {
      url,
      workerId,
      leaseMs,
      beatMs: leaseMs / BEATS_PER_LEASE,
      blockedMsMax,
      pulse: this.#pulse,
    }
    this.#thread = new Worker(new URL(`heartbeat-thread${extname(import.meta.url)}`, import.meta.url), {
      workerData: data,
    })
    this.#thread.unref()
    this.#thread.on('message', (message: FromHeartbeat) => this.#hear(message))
    this.#thread.on('error', (error) => {
      // without a heartbeat the lease runs out: better to end now, with a reason, than to be rescued from later
      options.log.fatal({ err: error }, 'the heartbeat thread died')
      options.onLost()
    })
    this.#beat()
  }

  /** Milliseconds since when every heartbeat has come through; 0 while they do not. */
  aliveMs(): number {
    return this.#aliveSince === undefined ? 0 : this.#options.clock.monotonic() - this.#aliveSince
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#pulseTimer?.cancel()
    const ended = new Promise<void>((resolve) => this.#thread.once('exit', () => resolve()))
    this.#thread.postMessage('stop')
    const timer = this.#options.clock.after(2_000, () => void this.#thread.terminate())
    await ended
    timer.cancel()
  }

  #hear(message: FromHeartbeat): void {
    if (this.#isStopped) return
    switch (message.kind) {
      case 'alive':
        this.#aliveSince ??= this.#options.clock.monotonic()
        return
      case 'missed':
        this.#aliveSince = undefined
        this.#options.log.warn({ why: message.why }, 'a heartbeat did not reach the database')
        return
      case 'lost':
        this.#aliveSince = undefined
        this.#options.onLost()
        return
      default:
        message satisfies never
    }
  }

  #beat(): void {
    Atomics.add(new Int32Array(this.#pulse), 0, 1)
    this.#pulseTimer = this.#options.clock.after(PULSE_MS, () => this.#beat())
  }
}
