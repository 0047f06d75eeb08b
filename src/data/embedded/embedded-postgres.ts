/**
 * PostgreSQL as a child of the supervisor: real, private to one home, nothing to install and nothing to look after.
 *
 * The server is our direct child, in a session of its own. It listens on one Unix socket, in a folder that only its user
 * can enter. Whatever ended the run before (a kill of the server, of its supervisor, of the machine), `start` puts right.
 */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import type { Clock } from '../../kernel/clock.ts'
import { asError } from '../../kernel/errors.ts'
import type { Log } from '../../kernel/log.ts'
import type { Service, StopOptions } from '../../kernel/service.ts'
import { findBinaries } from './binaries.ts'
import { isDataReady, makeDataFolder, removeHalfMade, repairOwnership } from './data-folder.ts'
import { embeddedErrors } from './errors.ts'
import { type HomeFolders, homeFolders, isSocketOutside, makeFolder, SOCKET_PORT } from './home-folders.ts'
import { type HomeLock, lockHome } from './home-lock.ts'
import { clearLeftovers } from './leftovers.ts'
import { waitUntilReady } from './ready.ts'
import { endServer } from './server-end.ts'
import { prepareServerFolders } from './server-folders.ts'
import { ServerProcess } from './server-process.ts'
import { serverUrl } from './server-url.ts'
import { chooseServerUser, launcher } from './server-user.ts'

export { stopOrphanedPostgres } from './leftovers.ts'

/** A PostgreSQL server of our own. */
export interface EmbeddedPostgres extends Service {
  /** Connection URL over the private Unix socket, as `pg` takes it; known before `start`. */
  readonly url: string
  /** The server's process id while it runs. */
  readonly pid: number | undefined
  /**
   * Calls the listener, with a sentence that says why, when the server ended without having been asked to. The home stays
   * ours: `start` again recovers, `stop` gives it up.
   */
  onUnexpectedExit(listener: (reason: string) => void): void
}

export interface EmbeddedPostgresOptions {
  /** The folder of all data, `.millrace` say. Made when missing. */
  readonly home: string
  readonly log: Log
  readonly clock: Clock
}

/**
 * A server with its data in `<home>/postgres`.
 *
 * Guarantee: what was committed survives the kill of any process at any moment; one server per home, a second is refused.
 * `start` throws, with the code: MILLRACE_DATA_HOME_IN_USE, …_HOME_UNWRITABLE, …_MAJOR_VERSION, …_FOLDER_FOREIGN,
 * …_FOLDER_UNKNOWN, …_FOLDER_CLOSED, …_NO_USER, …_NO_BINARY, …_BINARY_UNUSABLE, …_LIBRARY_LINKS, …_INIT_FAILED,
 * …_SERVER_START_FAILED, …_DISK_FULL.
 * @example
 * const postgres = embeddedPostgres({ home: '.millrace', log, clock: systemClock })
 * postgres.onUnexpectedExit((reason) => log.error(reason))
 * await postgres.start(AbortSignal.timeout(60_000))
 * const pool = new pg.Pool({ connectionString: postgres.url })
 */
export function embeddedPostgres(options: EmbeddedPostgresOptions): EmbeddedPostgres {
  return new Server(options)
}

/** A start that failed or was called off has nothing to drain. */
const CALL_OFF_MS_MAX = 5_000

/** The homes of this process's servers: the home's lock keeps out other processes only. */
const homesServed = new Set<string>()

type Stage = 'idle' | 'starting' | 'running'

class Server implements EmbeddedPostgres {
  readonly url: string
  readonly #folders: HomeFolders
  readonly #log: Log
  readonly #clock: Clock
  readonly #listeners: ((reason: string) => void)[] = []
  #stage: Stage = 'idle'
  #lock: HomeLock | undefined
  #isSocketFolderOurs = false
  #server: ServerProcess | undefined
  #callOff = new AbortController()
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor({ home, log, clock }: EmbeddedPostgresOptions) {
    this.#folders = homeFolders(home)
    this.#log = log
    this.#clock = clock
    this.url = serverUrl(this.#folders)
  }

  get pid(): number | undefined {
    return this.#server?.ended.aborted === false ? this.#server.pid : undefined
  }

  onUnexpectedExit(listener: (reason: string) => void): void {
    this.#listeners.push(listener)
  }

  async start(signal: AbortSignal): Promise<void> {
    assert.ok(
      this.#stage === 'idle' && this.#stopping === undefined,
      'a server is started once, or again after its end',
    )
    this.#stage = 'starting'
    this.#callOff = new AbortController()
    this.#starting = this.#startOrClean(AbortSignal.any([signal, this.#callOff.signal]))
    await this.#starting
  }

  stop({ drainMs }: StopOptions): Promise<void> {
    this.#stopping ??= this.#stop(drainMs).finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  async #stop(drainMs: number): Promise<void> {
    if (this.#stage === 'starting') {
      this.#callOff.abort(new Error('PostgreSQL was stopped while it was starting'))
      await this.#starting?.catch(asError) // whoever called start is told
    }
    await this.#takeDown(drainMs)
  }

  async #startOrClean(signal: AbortSignal): Promise<void> {
    const began = this.#clock.monotonic()
    try {
      await this.#bringUp(signal)
      this.#stage = 'running'
    } catch (thrown) {
      await this.#takeDown(CALL_OFF_MS_MAX)
      throw thrown
    }
    const startMs = Math.round(this.#clock.monotonic() - began)
    this.#log.debug({ pid: this.pid, startMs }, 'PostgreSQL is ready')
  }

  async #bringUp(signal: AbortSignal): Promise<void> {
    const folders = this.#folders
    const parts = { folders, log: this.#log, clock: this.#clock }
    signal.throwIfAborted()
    const binaries = findBinaries()
    this.#takeHome()
    makeFolder(folders.postgres)
    const user = chooseServerUser(folders)
    const isReady = isDataReady(folders, binaries, user)
    await clearLeftovers(folders, parts, signal)
    await removeHalfMade(folders)
    prepareServerFolders(folders, user)
    this.#isSocketFolderOurs = true
    const launch = launcher(user, binaries, folders)
    if (isReady) repairOwnership(folders, user, this.#log)
    else await makeDataFolder(folders, { ...parts, binaries, user, launch }, signal)
    signal.throwIfAborted()
    this.#server = this.#watched(
      new ServerProcess(launch(binaries.postgres, serverArgs(folders)), { ...parts, program: binaries.postgres }),
    )
    await waitUntilReady(this.#server, parts, signal)
  }

  #takeHome(): void {
    if (this.#lock !== undefined) return // still ours after an unexpected exit
    const { home } = this.#folders
    if (homesServed.has(home)) throw embeddedErrors.MILLRACE_DATA_HOME_IN_USE({ home, pid: process.pid })
    this.#lock = lockHome(home)
    homesServed.add(home)
  }

  #watched(server: ServerProcess): ServerProcess {
    server.ended.addEventListener('abort', () => {
      if (this.#stage !== 'running' || this.#stopping !== undefined) return
      this.#stage = 'idle'
      for (const listener of this.#listeners) listener(`PostgreSQL ${server.reason}`)
    })
    return server
  }

  async #takeDown(gentleMs: number): Promise<void> {
    const server = this.#server
    if (server !== undefined && !server.ended.aborted) {
      const send = (name: NodeJS.Signals) => server.send(name)
      await endServer({ send, goneWithin: (ms) => server.goneWithin(ms), gentleMs, log: this.#log })
    }
    this.#server = undefined
    this.#stage = 'idle'
    if (this.#lock === undefined) return
    if (this.#isSocketFolderOurs && isSocketOutside(this.#folders))
      rmSync(this.#folders.socket, { recursive: true, force: true })
    this.#isSocketFolderOurs = false
    homesServed.delete(this.#folders.home)
    this.#lock.release()
    this.#lock = undefined
  }
}

/** What depends on the place is given as arguments, which neither the settings file nor ALTER SYSTEM can override. */
function serverArgs({ data, settings, socket }: HomeFolders): readonly string[] {
  const fixed = {
    config_file: settings,
    listen_addresses: '',
    unix_socket_directories: `"${socket.replaceAll('"', '""')}"`, // a list: quoted, a comma in the path is only a comma
    port: SOCKET_PORT,
    logging_collector: 'off',
    log_destination: 'stderr',
  }
  return ['-D', data, ...Object.entries(fixed).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
