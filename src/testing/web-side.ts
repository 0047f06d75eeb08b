/** The web side of an application under test: its front in a real server, asked without a connection or over one. */
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { appErrors } from '../app/errors.ts'
import type { Parts } from '../app/parts.ts'
import { openSessionStore } from '../app/session-store.ts'
import type { Clock } from '../kernel/clock.ts'
import { type RouteAccess, routesOf } from '../web/access.ts'
import { front, type WebInstance } from '../web/front.ts'
import { openWeb, type WebServer } from '../web/web-server.ts'

export interface WebSideParts {
  /** Of the process that the web side would be; what its clients ask of the queue has its points. */
  readonly parts: Parts
  /** What routes are given. */
  readonly clock: Clock
}

interface Opened {
  readonly server: WebServer
  readonly instance: WebInstance
}

const START_MS_MAX = 30_000

export class WebSide {
  readonly #parts: WebSideParts
  #opened: Promise<Opened> | undefined

  constructor(parts: WebSideParts) {
    this.#parts = parts
  }

  /** @throws MILLRACE_APP_HAS_NO_SIDE, and what the front throws. */
  async request(request: InjectOptions | string): Promise<LightMyRequestResponse> {
    const { instance } = await this.#open()
    return instance.inject(request)
  }

  /** Every route, and who may use it. */
  async routes(): Promise<readonly RouteAccess[]> {
    return routesOf((await this.#open()).instance as never)
  }

  /** Where it listens. */
  async url(): Promise<string> {
    return (await this.#open()).server.address().url
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined)
    await opened?.server.stop({ drainMs: 0 })
  }

  #open(): Promise<Opened> {
    this.#opened ??= this.#start()
    return this.#opened
  }

  async #start(): Promise<Opened> {
    const { parts, clock } = this.#parts
    const { app, settings } = parts
    if (app.web === undefined) throw appErrors.MILLRACE_APP_HAS_NO_SIDE({ app: app.name, side: 'web' })
    const { build } = (await app.web()).default
    const store = app.identity === undefined ? undefined : await openSessionStore(parts)
    const identity = store && (await import('../app/identity.ts')).identityOf(parts, store.sessions)
    let instance: WebInstance | undefined
    const server = openWeb({
      ...parts,
      contract: app.contract,
      front: front((web, runtime) => {
        instance = web
        return build(web, { ...runtime, clock })
      }),
      host: '127.0.0.1',
      port: 0,
      title: app.name,
      release: 'test',
      trustedProxies: settings.TRUSTED_PROXIES,
      ...(settings.ORIGIN === undefined ? {} : { origin: settings.ORIGIN }),
      ...(identity === undefined ? {} : { identity }),
      isReady: async () => {},
    })
    await server.start(AbortSignal.timeout(START_MS_MAX))
    if (instance === undefined) throw new Error('a front is built when its server starts')
    instance.server.unref() // a test that forgets to dispose of the application must not keep the run from ending
    return { server, instance }
  }
}
