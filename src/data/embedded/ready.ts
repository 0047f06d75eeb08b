/** Waiting for a server that was just started, and making our database in a new one. */
import pg from 'pg'
import { type Clock, withDeadline } from '../../kernel/clock.ts'
import { asError } from '../../kernel/errors.ts'
import type { Log } from '../../kernel/log.ts'
import { isDiskFull } from './data-folder.ts'
import { embeddedErrors } from './errors.ts'
import { type HomeFolders, SOCKET_PORT } from './home-folders.ts'
import type { ServerProcess } from './server-process.ts'

export const DATABASE = 'millrace'

/** How long a starting server may say nothing. While it recovers from a crash it tells its progress every 5 s … */
const SILENCE_MS_MAX = 60_000
/** … and may take as long as this in all: at most `max_wal_size` is read again, even on a slow disk. */
const START_MS_MAX = 15 * 60_000
const FIRST_PROGRESS_MS = 2_000
const PROGRESS_EVERY_MS = 10_000
const KNOCK_FIRST_MS = 10
const KNOCK_MS_MAX = 250
const CONNECT_MS_MAX = 5_000
const STATEMENT_MS_MAX = 30_000

/** SQLSTATEs: no such database; a database of that name; starting up or shutting down. */
const NO_DATABASE = '3D000'
const DATABASE_THERE = '42P04'
const CANNOT_CONNECT_NOW = '57P03'

/**
 * Resolves when the server answers on our database.
 *
 * @throws MILLRACE_DATA_SERVER_START_FAILED, MILLRACE_DATA_DISK_FULL, MILLRACE_DATA_BINARY_UNUSABLE, or the signal's reason.
 */
export async function waitUntilReady(
  server: ServerProcess,
  { folders, log, clock }: { readonly folders: HomeFolders; readonly log: Log; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const began = clock.monotonic()
  const wake = AbortSignal.any([signal, server.ended])
  let progressAt = began + FIRST_PROGRESS_MS
  for (let waitMs = KNOCK_FIRST_MS; ; waitMs = Math.min(waitMs * 1.5, KNOCK_MS_MAX)) {
    await clock.sleep(waitMs, wake)
    signal.throwIfAborted()
    if (server.ended.aborted) throw await startFailure(server, folders)
    const refusal = await knock(folders.socket, clock)
    if (refusal === undefined) return
    if (!isPassing(refusal)) throw failure(`refused its first statement: ${refusal.message}`, server, folders)
    const now = clock.monotonic()
    if (now - began > START_MS_MAX || now - Math.max(began, server.spokeAt) > SILENCE_MS_MAX) {
      throw failure(`accepted no connection within ${Math.round(now - began)} ms (${refusal.message})`, server, folders)
    }
    if (now < progressAt) continue
    progressAt = now + PROGRESS_EVERY_MS
    log.info({ waitedMs: Math.round(now - began), lastLine: server.lastLines.at(-1) }, 'PostgreSQL is still starting')
  }
}

async function startFailure(server: ServerProcess, folders: HomeFolders): Promise<Error> {
  await server.outputRead()
  const { spawnError } = server
  if (spawnError === undefined) return failure(server.reason, server, folders)
  return embeddedErrors.MILLRACE_DATA_BINARY_UNUSABLE({ program: server.program, why: spawnError.message }, spawnError)
}

function failure(why: string, { lastLines }: ServerProcess, { data }: HomeFolders): Error {
  const lines = [...lastLines]
  if (isDiskFull([why, ...lines])) return embeddedErrors.MILLRACE_DATA_DISK_FULL({ path: data, lines })
  return embeddedErrors.MILLRACE_DATA_SERVER_START_FAILED({ why, lines })
}

/** True for what a server says, or does not say, while it starts. PostgreSQL's other refusals will not change. */
function isPassing(refusal: Error): boolean {
  return !(refusal instanceof pg.DatabaseError) || refusal.code === CANNOT_CONNECT_NOW
}

/** Why the server cannot be used yet; undefined when it can. Makes the database when it is missing. */
async function knock(socketFolder: string, clock: Clock): Promise<Error | undefined> {
  const refusal = await attempt(socketFolder, DATABASE, clock, 'select 1')
  if (codeOf(refusal) !== NO_DATABASE) return refusal
  const made = await attempt(socketFolder, 'postgres', clock, `create database ${DATABASE}`)
  return codeOf(made) === DATABASE_THERE ? undefined : made
}

async function attempt(host: string, database: string, clock: Clock, text: string): Promise<Error | undefined> {
  const client = new pg.Client({
    host,
    port: SOCKET_PORT,
    user: 'millrace',
    database,
    ssl: false, // PGSSLMODE of the caller's shell is about other servers
    connectionTimeoutMillis: CONNECT_MS_MAX,
    query_timeout: STATEMENT_MS_MAX,
  })
  client.on('error', () => {}) // a connection lost between two calls: the next call says so
  try {
    await client.connect()
    await client.query(text)
    return undefined
  } catch (thrown) {
    return asError(thrown)
  } finally {
    const late = () => new Error('the connection did not close')
    await withDeadline(clock, CONNECT_MS_MAX, client.end(), late).catch(asError) // its server's end closes it too
  }
}

function codeOf(error: Error | undefined): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
