/**
 * The connections of a server, and how they end. Node closes idle connections as soon as a server is closed, which resets
 * those on which the next request is already on its way. Here a server that drains goes on answering open connections,
 * each with `Connection: close`, and only closes those that stay silent for a while.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Clock } from '../kernel/clock.ts'

/** How long a draining server waits for one last request on a connection that is idle. */
export const IDLE_GRACE_MS = 1_000
/**
 * How long the rest of a body is read and thrown away after the answer was given: a connection that is closed with unread
 * data on it is reset, and the client would never see the answer.
 */
export const LINGER_MS = 5_000

export interface ConnectionsOptions {
  readonly clock: Clock
  readonly countMax: number
  /** Called once for every request that began, when its answer is out or its connection gone. */
  readonly onAnswered?: (request: IncomingMessage) => void
}

export class Connections {
  readonly #server: Server
  readonly #clock: Clock
  readonly #countMax: number
  readonly #onAnswered: (request: IncomingMessage) => void
  /** The answers under way on each connection; oldest connection first. */
  readonly #open = new Map<Socket, Set<ServerResponse>>()
  #isDraining = false
  #onEmpty: (() => void) | undefined

  constructor(server: Server, options: ConnectionsOptions) {
    this.#server = server
    this.#clock = options.clock
    this.#countMax = options.countMax
    this.#onAnswered = options.onAnswered ?? (() => {})
    server.on('connection', (socket) => this.#add(socket))
  }

  get count(): number {
    return this.#open.size
  }

  /** Counts a request in; to be called before it is handled. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    const answers = this.#open.get(request.socket)
    answers?.add(response)
    if (this.#isDraining) response.setHeader('connection', 'close')
    // one listener: each costs as much as a good part of the routing
    response.once('close', () => {
      answers?.delete(response)
      this.#linger(request)
      this.#onAnswered(request)
      if (this.#isDraining) this.#closeWhenSilent(request.socket)
    })
  }

  /** Takes no new connections, and waits until the open ones are gone; those that are not after `drainMs` are cut. */
  async drain(drainMs: number): Promise<void> {
    this.#isDraining = true
    // not Server.close of HTTP, which would close idle connections at once
    NetServer.prototype.close.call(this.#server)
    for (const answer of this.#answers()) if (!answer.headersSent) answer.setHeader('connection', 'close')
    for (const socket of this.#open.keys()) this.#closeWhenSilent(socket)
    const end = this.#clock.after(drainMs, () => this.#closeAll())
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve
      if (this.#open.size === 0) resolve()
    })
    end.cancel()
    this.#server.closeAllConnections() // ends the server's own bookkeeping as well
  }

  #add(socket: Socket): void {
    if (this.#open.size >= this.#countMax && !this.#closeOldestIdle()) {
      socket.destroy()
      return
    }
    this.#open.set(socket, new Set())
    socket.once('close', () => {
      this.#open.delete(socket)
      if (this.#open.size === 0) this.#onEmpty?.()
    })
  }

  #closeOldestIdle(): boolean {
    for (const [socket, answers] of this.#open) {
      if (answers.size > 0) continue
      this.#open.delete(socket)
      socket.destroy()
      return true
    }
    return false
  }

  /** An answer that had begun before the drain could not say `Connection: close`: its connection comes idle later. */
  #closeWhenSilent(socket: Socket): void {
    this.#clock.after(IDLE_GRACE_MS, () => {
      if (this.#open.get(socket)?.size === 0) socket.destroy()
    })
  }

  #closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  *#answers(): Iterable<ServerResponse> {
    for (const answers of this.#open.values()) yield* answers
  }

  #linger(request: IncomingMessage): void {
    if (request.complete || request.destroyed) return
    request.resume()
    this.#clock.after(LINGER_MS, () => {
      if (!request.complete) request.socket.destroy()
    })
  }
}
