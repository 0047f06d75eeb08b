/**
 * The web process's server: it listens first, so that a taken port is told at once and probes are answered while the
 * application is still loading; then it serves; then it drains.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, fastify, LogController } from 'fastify'
import type { Blobs } from '../blobs/blobs.ts'
import type { Contract } from '../contract/contract.ts'
import type { Database } from '../data/database.ts'
import type { Identity } from '../identity/identity.ts'
import { type Clock, withDeadline } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import type { Service, StopOptions } from '../kernel/service.ts'
import { Actors } from '../queue/actors.ts'
import type { QueueClient } from '../queue/client.ts'
import type { Hints } from '../queue/hints.ts'
import { OperationWatch } from '../queue/operation-watch.ts'
import { buildApplication } from './application.ts'
import { Connections } from './connections.ts'
import { Deadlines } from './deadlines.ts'
import { webErrors } from './errors.ts'
import type { Directory, Front } from './front.ts'
import { responseWith, securityHeaders } from './headers.ts'
import { KEEP_ALIVE_BEHIND_PROXY_MS, KEEP_ALIVE_MS, WEB_LIMITS, type WebLimits } from './limits.ts'
import { answerBeforeReady, answerBroken } from './plain-answers.ts'
import { asProblem, sendProblem } from './problems.ts'
import { RequestLog } from './request-log.ts'
import { asksFirst } from './strict-requests.ts'
import type { WebIdentity } from './web-identity.ts'

export interface WebOptions {
  readonly front: Front
  readonly contract: Contract
  readonly db: Database
  readonly client: QueueClient
  readonly hints: Hints
  readonly blobs: Blobs
  readonly log: Log
  readonly clock: Clock
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Under which clients reach the application, such as https://photos.example.com. Nothing is taken from Host headers. */
  readonly origin?: string
  /** Who is who, where the application has users. Made when the server knows where it listens. */
  readonly identity?: (server: WebServer) => Promise<WebIdentity>
  /** In whose name jobs are submitted. */
  readonly actors?: Actors
  /** Shown in the API description. */
  readonly title?: string
  /** Throws, with the reason, while the instance cannot serve. Asked for by /readyz, at most once a second. */
  readonly isReady: () => Promise<void>
  readonly release: string
  /** Addresses and networks of proxies in front, whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[]
  readonly limits?: Partial<WebLimits>
}

export interface WebServer extends Service {
  /** Where it listens. Only after `start` has begun to listen. */
  address(): { readonly host: string; readonly port: number; readonly url: string }
  /** Asks it without a connection, as the one process does that is client and server of the same provider. */
  ask(url: string, init: RequestInit): Promise<Response>
}

/**
 * Opens the web server of an application.
 *
 * `start` listens, loads the front, and resolves when requests are served; while it loads, /livez answers 200 and everything
 * else 503. `stop` turns /readyz to 503, takes no new connections, answers open ones with `Connection: close`, ends event
 * streams with a `retry`, and resolves when all is answered or `drainMs` is over.
 *
 * @throws MILLRACE_WEB_PORT_TAKEN, MILLRACE_WEB_LISTEN_FAILED (from `start`), and whatever the front throws.
 */
export function openWeb(options: WebOptions): WebServer {
  return new FastifyWebServer(options)
}

/** Of an application without users. */
const NOBODY: Directory = { find: async () => undefined, findByEmail: async () => [] }

/** How often Node looks for requests whose headers are late. */
const CHECK_MS = 2_000

class FastifyWebServer implements WebServer {
  readonly #options: WebOptions
  readonly #limits: WebLimits
  readonly #server: Server
  readonly #connections: Connections
  readonly #deadlines: Deadlines
  readonly #app: FastifyInstance
  readonly #watch: OperationWatch
  readonly #draining = new AbortController()
  #serve: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
  #identity: Identity | undefined
  #isReady = false
  #stopped: Promise<void> | undefined

  constructor(options: WebOptions) {
    const { clock, log } = options
    this.#options = options
    this.#limits = { ...WEB_LIMITS, ...options.limits }
    this.#server = this.#createServer()
    this.#deadlines = new Deadlines(clock, this.#limits)
    this.#connections = new Connections(this.#server, {
      clock,
      countMax: this.#limits.connectionCountMax,
      onAnswered: (request) => this.#deadlines.end(request),
    })
    this.#watch = new OperationWatch(options)
    this.#app = fastify({
      loggerInstance: log,
      logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
      childLoggerFactory: (parent, bindings, childOptions) =>
        new RequestLog(parent as Log, bindings, childOptions) as unknown as FastifyBaseLogger,
      genReqId: () => newId(clock.now()),
      requestIdHeader: false,
      trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
      bodyLimit: this.#limits.bodyBytesMax,
      return503OnClosing: false,
      routerOptions: { maxParamLength: this.#limits.paramCharsMax },
      serverFactory: (handler) => {
        this.#serve = handler
        return this.#server
      },
      clientErrorHandler: (error, socket) => answerBroken(error, socket, options.origin),
      frameworkErrors: (error, _request, reply) => {
        sendProblem(reply as unknown as FastifyReply, asProblem(error))
      },
    }) as unknown as FastifyInstance
  }

  async start(): Promise<void> {
    await this.#listen()
    try {
      const { client, identity, actors = new Actors(), ...options } = this.#options
      const known = await identity?.(this)
      this.#identity = known?.identity
      const parts = {
        ...options,
        ...(known === undefined ? {} : { origin: known.origin }),
        identity: known,
        actors,
        limits: this.#limits,
        deadlines: this.#deadlines,
        draining: this.#draining.signal,
      }
      await buildApplication(
        this.#app,
        parts,
        { ...options, ...client, people: known?.identity.accounts ?? NOBODY },
        this.#watch,
      )
      await this.#app.ready()
      this.#isReady = true
    } catch (thrown) {
      await this.stop({ drainMs: 0 })
      throw thrown
    }
  }

  stop({ drainMs }: StopOptions): Promise<void> {
    this.#stopped ??= this.#stop(drainMs)
    return this.#stopped
  }

  address(): { readonly host: string; readonly port: number; readonly url: string } {
    const { address, port, family } = this.#server.address() as AddressInfo
    return { host: address, port, url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}` }
  }

  async ask(url: string, init: RequestInit): Promise<Response> {
    const { pathname, search, host } = new URL(url)
    const answer = await this.#app.inject({
      method: (init.method ?? 'GET') as 'GET',
      url: `${pathname}${search}`,
      headers: { ...Object.fromEntries(new Headers(init.headers)), host },
      ...(init.body === undefined || init.body === null ? {} : { payload: String(init.body) }),
    })
    const { statusCode: status, rawPayload } = answer
    const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, String(one)]),
    )
    return new Response([204, 304].includes(status) ? null : new Uint8Array(rawPayload), { status, headers })
  }

  #createServer(): Server {
    const { headersMs, uploadMs, connectionIdleMs } = this.#limits
    const server = createServer(
      {
        headersTimeout: headersMs,
        // for a request as a whole; what is no upload has a shorter one of its own (deadlines.ts)
        requestTimeout: uploadMs,
        connectionsCheckingInterval: CHECK_MS,
        keepAliveTimeout: this.#options.trustedProxies.length > 0 ? KEEP_ALIVE_BEHIND_PROXY_MS : KEEP_ALIVE_MS,
        insecureHTTPParser: false,
        ServerResponse: responseWith(securityHeaders(this.#options.origin)),
      },
      (request, response) => this.#answer(request, response),
    )
    server.maxHeadersCount = 0 // those beyond would be dropped unseen: strict-requests.ts refuses them
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      asksFirst(request, () => response.writeContinue())
      this.#answer(request, response)
    })
    server.setTimeout(connectionIdleMs)
    return server
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#connections.begin(request, response)
    if (this.#isReady) this.#serve?.(request, response)
    else answerBeforeReady(request, response, this.#options)
  }

  async #listen(): Promise<void> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => {
        const isTaken = error.code === 'EADDRINUSE'
        reject(
          isTaken
            ? webErrors.MILLRACE_WEB_PORT_TAKEN({ host, port }, error)
            : webErrors.MILLRACE_WEB_LISTEN_FAILED({ host, port, why: error.code ?? error.message }, error),
        )
      }
      this.#server.once('error', fail)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', fail)
        this.#server.on('error', (error) => this.#options.log.error({ err: error }, 'the server failed'))
        resolve()
      })
    })
  }

  async #stop(drainMs: number): Promise<void> {
    const until = this.#options.clock.monotonic() + drainMs
    this.#draining.abort()
    if (this.#server.listening) await this.#connections.drain(drainMs)
    try {
      await this.#app.close()
    } catch (thrown) {
      this.#options.log.warn({ err: asError(thrown) }, 'the web application did not close in good order')
    }
    await this.#watch.settled()
    this.#deadlines.close()
    await this.#renewed(until)
  }

  /** What the provider gives to a renewal under way must be stored: its old token is used up, and would look stolen. */
  async #renewed(until: number): Promise<void> {
    const { clock, log } = this.#options
    const late = () => new Error('there was no more time')
    const leftMs = Math.max(0, until - clock.monotonic())
    await withDeadline(clock, leftMs, this.#identity?.settled() ?? Promise.resolve(), late).catch((thrown: unknown) => {
      log.warn({ err: asError(thrown) }, 'sessions are left while they are being renewed')
    })
  }
}
