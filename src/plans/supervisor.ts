/**
 * `millrace start`: PostgreSQL, the web process and the worker process of one machine, kept running until they are to
 * stop. They start side by side: web and worker wait for the database by themselves. They stop in the order in which they
 * need one another: web and worker first, each finishing what it is doing, then the server.
 */
import type { App } from '../app/define-app.ts'
import { migrationsOf } from '../app/parts.ts'
import type { Settings } from '../app/settings.ts'
import { Database } from '../data/database.ts'
import { type EmbeddedPostgres, embeddedPostgres } from '../data/embedded/embedded-postgres.ts'
import { stampEnvironment } from '../data/environment.ts'
import { migrate } from '../data/migrate.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Service, StopOptions } from '../kernel/service.ts'
import { BACKOFF_MS, BACKOFF_MS_MAX, Instance } from './instance.ts'

export interface SupervisorOptions {
  readonly app: App
  /** The file that exports the application, as an absolute path. */
  readonly appPath: string
  readonly settings: Settings
  /** The folder of all data. */
  readonly home: string
  /** The program of the command line: it runs `web` and `worker`. */
  readonly program: string
  /** Further environment of the processes. */
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly log: Log
  /** Takes a line of a process's output. */
  readonly onLine: (instance: string, line: string) => void
  /** The web process serves requests, or, without one, the worker works. */
  readonly onReady: (address: string | undefined) => void
}

export interface Supervisor extends Service {
  /** Rejects, with the reason, when a process says that no restart can help; else pending until `stop`. */
  readonly failed: Promise<never>
  /** Ends web and worker and starts them afresh. */
  restart(drainMs: number): Promise<void>
  /** Ends everything at once. What is lost is rescued at the next start. */
  kill(): void
}

const POSTGRES_START_MS_MAX = 120_000
const POSTGRES_STOP_MS = 10_000

export function openSupervisor(options: SupervisorOptions): Supervisor {
  return new Processes(options)
}

class Processes implements Supervisor {
  readonly failed: Promise<never>
  readonly #options: SupervisorOptions
  readonly #instances: readonly Instance[]
  readonly #postgres: EmbeddedPostgres | undefined
  readonly #stopped = new AbortController()
  #fail: (error: Error) => void = () => {}
  #stopping: Promise<void> | undefined
  #isAnnounced = false

  constructor(options: SupervisorOptions) {
    const { app, settings, home, log, clock } = options
    this.#options = options
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {}) // whoever watches it hears of it; nobody has to
    if (settings.DATABASE_URL === undefined) {
      this.#postgres = embeddedPostgres({ home, log, clock })
      this.#postgres.onUnexpectedExit((reason) => void this.#restartPostgres(reason))
    }
    const announcing = app.web !== undefined ? 'web' : 'worker'
    this.#instances = [
      ...(app.web === undefined ? [] : [this.#instance('web', announcing)]),
      ...(app.worker === undefined ? [] : [this.#instance('worker', announcing)]),
    ]
  }

  async start(signal: AbortSignal): Promise<void> {
    // the children load their code while the server starts: together they are ready sooner
    for (const instance of this.#instances) instance.start()
    await this.#postgres?.start(
      AbortSignal.any([signal, this.#stopped.signal, AbortSignal.timeout(POSTGRES_START_MS_MAX)]),
    )
    await this.#migrate()
  }

  stop({ drainMs }: StopOptions): Promise<void> {
    this.#stopping ??= this.#stopAll(drainMs)
    return this.#stopping
  }

  async restart(drainMs: number): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.restart(drainMs)))
  }

  kill(): void {
    for (const instance of this.#instances) instance.kill()
    void this.#postgres?.stop({ drainMs: 0 })
  }

  async #stopAll(drainMs: number): Promise<void> {
    this.#stopped.abort(new Error('the supervisor stops'))
    await Promise.all(this.#instances.map((instance) => instance.stop(drainMs)))
    await this.#postgres?.stop({ drainMs: POSTGRES_STOP_MS })
  }

  async #migrate(): Promise<void> {
    const { app, settings, clock, log } = this.#options
    const db = new Database({ url: this.#databaseUrl, poolMax: 1, applicationName: `${app.name} migrate`, clock, log })
    try {
      await migrate(db, migrationsOf(app))
      await stampEnvironment(db, settings.MILLRACE_ENV)
    } finally {
      await db.end()
    }
  }

  get #databaseUrl(): string {
    return this.#postgres?.url ?? this.#options.settings.DATABASE_URL ?? ''
  }

  #instance(role: string, announcing: string): Instance {
    const { appPath, program, env, clock, log, onLine, onReady, home } = this.#options
    return new Instance({
      name: role,
      program,
      args: [role, appPath],
      env: {
        // glibc keeps an arena of memory for each of many threads, and gives little of it back: image work in threads would
        // grow without end
        MALLOC_ARENA_MAX: '2',
        ...env,
        DATABASE_URL: this.#databaseUrl,
        MILLRACE_HOME: home,
        // a process whose supervisor was killed ends the embedded server as well
        ...(this.#postgres === undefined ? {} : { MILLRACE_EMBEDDED: home }),
      },
      clock,
      log,
      onLine: (line) => onLine(role, line),
      onReady: (address) => {
        if (role !== announcing || this.#isAnnounced) return
        this.#isAnnounced = true
        onReady(address)
      },
      onRefused: (sentence) => this.#fail(new Error(sentence)),
    })
  }

  /** The server ended by itself: it comes back, recovering; web and worker reconnect. */
  async #restartPostgres(reason: string): Promise<void> {
    const { clock, log } = this.#options
    for (let waitMs = BACKOFF_MS; !this.#stopped.signal.aborted; waitMs = Math.min(waitMs * 2, BACKOFF_MS_MAX)) {
      log.warn({ reason }, 'PostgreSQL ended by itself; it is started again')
      try {
        await this.#postgres?.start(AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(POSTGRES_START_MS_MAX)]))
        log.info('PostgreSQL is back')
        return
      } catch (thrown) {
        if (this.#stopped.signal.aborted) return
        log.error({ err: asError(thrown), againInMs: waitMs }, 'PostgreSQL could not be started again')
        await clock.sleep(waitMs, this.#stopped.signal)
      }
    }
  }
}
