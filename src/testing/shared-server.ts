/**
 * One server for all test processes, with nobody in charge of it. A process that wants it connects to a socket in a folder
 * that all of them can compute, and stays connected while it lives; the program behind the socket (shared-server-host.ts)
 * runs PostgreSQL as long as anyone is. Whoever finds no one behind the socket starts that program; of several that are
 * started at once, one gets the folder's lock and the others end. So a test process may be killed at any moment: its
 * connection ends with it.
 */
import { spawn } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { stopOrphanedPostgres } from '../data/embedded/leftovers.ts'
import { systemClock, withDeadline } from '../kernel/clock.ts'
import { testingErrors } from './errors.ts'
import { makeSharedFolder, sharedFolder } from './server-folder.ts'
import { stayingAlive } from './staying-alive.ts'

/** What the program says to whoever started it. */
export type HostMessage = { readonly kind: 'ready' | 'taken' } | { readonly kind: 'failed'; readonly why: string }

/** initdb and two starts, on a machine that is busy with tests. */
const JOIN_MS_MAX = 90_000
/** While another process starts the program. */
const LOOK_AGAIN_MS = 50
/** Of the runner, and of programs that look into Node: they are not the server's. */
const NOT_INHERITED = /^(NODE_|VITEST)/

/** Where the program listens, and where its PostgreSQL lives. */
export function sharedPaths(folder: string): { readonly socket: string; readonly home: string } {
  return { socket: path.join(folder, 'host'), home: path.join(folder, 'server') }
}

export interface SharedServerOptions {
  /** Who names the same folder shares the server in it. */
  readonly folder?: string
  /** How long the server stays up when nobody is connected: between two files of a run there may be nobody. */
  readonly lingerMs?: number
}

const LINGER_MS = 5_000

export interface SharedServer {
  readonly url: string
  /** Lets go of it: it ends when nobody else holds it. */
  leave(): void
}

/** Joins the shared server, which stays up while this process lives. @throws MILLRACE_TESTING_SERVER_FAILED */
export function joinSharedServer(options: SharedServerOptions = {}): Promise<SharedServer> {
  const { folder = sharedFolder(), lingerMs = LINGER_MS } = options
  return stayingAlive(() => join(folder, lingerMs))
}

async function join(folder: string, lingerMs: number): Promise<SharedServer> {
  const { socket, home } = sharedPaths(folder)
  const startedAt = systemClock.monotonic()
  while (systemClock.monotonic() - startedAt < JOIN_MS_MAX) {
    makeSharedFolder(folder)
    const linked = await linkTo(socket)
    if (linked !== undefined) return held(linked, home)
    const said = await startHost(folder, lingerMs)
    if (said.kind === 'failed') throw testingErrors.MILLRACE_TESTING_SERVER_FAILED({ why: said.why })
    if (said.kind === 'taken') await systemClock.sleep(LOOK_AGAIN_MS)
  }
  throw testingErrors.MILLRACE_TESTING_SERVER_FAILED({ why: `nobody answered within ${JOIN_MS_MAX} ms` })
}

/** The program ends by itself only when nobody is connected: else it was killed, and its PostgreSQL must not stay. */
function held({ link, url }: Linked, home: string): SharedServer {
  const onKilled = (): void => void stopOrphanedPostgres(home)
  link.once('close', onKilled)
  return {
    url,
    leave(): void {
      link.off('close', onKilled)
      link.destroy()
    },
  }
}

interface Linked {
  readonly link: Socket
  readonly url: string
}

/** Undefined when nobody listens, or whoever does is about to end. */
function linkTo(socket: string): Promise<Linked | undefined> {
  return new Promise((resolve) => {
    let said = ''
    const link = connect(socket)
    link.on('error', () => resolve(undefined))
    link.on('close', () => resolve(undefined))
    link.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (!said.endsWith('\n')) return
      link.unref() // it holds the server, not this process
      resolve({ link, url: said.trim() })
    })
  })
}

/** Starts the program, in a session of its own: Ctrl-C in the terminal is not for it. */
async function startHost(folder: string, lingerMs: number): Promise<HostMessage> {
  const program = fileURLToPath(new URL(`shared-server-host${path.extname(import.meta.url)}`, import.meta.url))
  const child = spawn(process.execPath, [program, folder, String(lingerMs)], {
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name))),
  })
  const said = new Promise<HostMessage>((resolve) => {
    child.once('message', (message) => resolve(message as HostMessage))
    child.once('error', (error) => resolve({ kind: 'failed', why: error.message }))
    child.once('exit', (code) => resolve({ kind: 'failed', why: `its program ended with ${code}` }))
  })
  const late = (): Error => testingErrors.MILLRACE_TESTING_SERVER_FAILED({ why: `no word within ${JOIN_MS_MAX} ms` })
  try {
    return await withDeadline(systemClock, JOIN_MS_MAX, said, late)
  } finally {
    if (child.connected) child.disconnect()
    child.unref()
  }
}
