/** One stream of server-sent events, and how many there may be. */
import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../kernel/clock.ts'
import { random } from '../kernel/ids.ts'
import { webErrors } from './errors.ts'
import type { WebLimits } from './limits.ts'

/** A client that lost its stream comes back after this long, and up to RETRY_SPREAD_MS later: not all at once. */
const RETRY_MS = 1_000
const RETRY_SPREAD_MS = 4_000

const retryLine = (): string => `retry: ${Math.round(RETRY_MS + random() * RETRY_SPREAD_MS)}\n\n`

/** Counts the open streams of a process, in all and by client. */
export class StreamSlots {
  readonly #limits: WebLimits
  readonly #byClient = new Map<string, number>()
  #count = 0

  constructor(limits: WebLimits) {
    this.#limits = limits
  }

  get count(): number {
    return this.#count
  }

  /**
   * Takes a place and answers how to give it back, which is safe twice.
   *
   * @throws MILLRACE_WEB_STREAMS_FULL, MILLRACE_WEB_STREAMS_CLIENT_FULL
   */
  take(client: string): () => void {
    const { streamCountMax, streamPerClientCountMax } = this.#limits
    const own = this.#byClient.get(client) ?? 0
    if (own >= streamPerClientCountMax)
      throw webErrors.MILLRACE_WEB_STREAMS_CLIENT_FULL({ countMax: streamPerClientCountMax })
    if (this.#count >= streamCountMax) throw webErrors.MILLRACE_WEB_STREAMS_FULL({ countMax: streamCountMax })
    this.#count += 1
    this.#byClient.set(client, own + 1)
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      this.#count -= 1
      const left = (this.#byClient.get(client) ?? 1) - 1
      if (left > 0) this.#byClient.set(client, left)
      else this.#byClient.delete(client)
    }
  }
}

export interface EventStream {
  /** Sends one event. A reader that is too slow for it is dropped. */
  send(event: { readonly name: string; readonly id: string; readonly data: unknown }): void
  /** Ends the stream in good order. Safe twice. */
  end(): void
  readonly isOpen: boolean
}

/**
 * Begins a stream on a response that nobody else writes to: headers, `retry`, then heartbeats. It ends after `streamMs`, when
 * the server drains, or when the client goes; `onClose` runs once, however it ends.
 */
export function openEventStream(
  response: ServerResponse,
  options: {
    readonly clock: Clock
    readonly limits: WebLimits
    readonly draining: AbortSignal
    readonly onClose: () => void
  },
): EventStream {
  const { clock, limits, draining, onClose } = options
  let heartbeat: Timer | undefined
  const write = (text: string): void => {
    if (response.writableEnded || response.destroyed) return
    // what the client has not read of earlier events waits in our memory: past the bound it is dropped, and may come back.
    // Asked before the write, so that one large event drops nobody who reads
    if (response.writableLength > limits.streamBufferBytesMax) response.destroy()
    else response.write(text)
  }
  const beat = (): void => {
    heartbeat = clock.after(limits.heartbeatMs, () => {
      write(': still here\n\n')
      beat()
    })
  }
  const end = (): void => {
    if (!response.writableEnded && !response.destroyed) response.end(retryLine())
  }
  const life = clock.after(limits.streamMs, end)
  draining.addEventListener('abort', end)
  response.once('close', () => {
    heartbeat?.cancel()
    life.cancel()
    draining.removeEventListener('abort', end)
    onClose()
  })
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no', // proxies that would collect the events
  })
  write(retryLine())
  beat()
  if (draining.aborted) end()
  return {
    send({ name, id, data }) {
      write(`event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    end,
    get isOpen() {
      return !response.writableEnded && !response.destroyed
    },
  }
}
