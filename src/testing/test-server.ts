/**
 * The PostgreSQL server of the tests: the one that MILLRACE_TEST_URL names, or one of our own, which all test processes of
 * this machine share and which ends some seconds after the last of them (shared-server.ts).
 */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { homeFolders } from '../data/embedded/home-folders.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { removeAbandoned } from './abandoned.ts'
import { serverRoot } from './server-folder.ts'
import { joinSharedServer } from './shared-server.ts'
import { spreadFolders } from './spread-folders.ts'
import { until } from './until.ts'

export interface TestServer {
  /** A database on the server from which others can be made. */
  readonly url: string
  urlOf(database: string): string
}

const START_MS_MAX = 60_000
const STOP_MS = 5_000

/**
 * What makes a server fast that may lose everything. Connections are many because test files run side by side; memory is
 * little because dropping a database walks through all of it.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_wal_size: '256MB',
  min_wal_size: '64MB',
  shared_buffers: '128MB',
  max_connections: '400',
}

let opened: Promise<TestServer> | undefined

/** The test server of this process; opened at the first call, when what killed processes left on it is removed too. */
export function testServer(): Promise<TestServer> {
  opened ??= openServer().catch((thrown: unknown) => {
    opened = undefined
    throw thrown
  })
  return opened
}

async function openServer(): Promise<TestServer> {
  const server = serverAt(process.env['MILLRACE_TEST_URL'] ?? (await joinSharedServer()).url)
  await removeAbandoned(server.url)
  return server
}

/** Starts a server that nobody else knows; `stop` ends it, and so does the end of this process, whatever it is. */
export async function startTestServer(): Promise<TestServer & { stop(): Promise<void> }> {
  const folder = await mkdtemp(join(serverRoot(), 'millrace-test-'))
  await chmod(folder, 0o711) // under root the server runs as somebody else, who has to pass
  const { url, leave } = await joinSharedServer({ folder, lingerMs: 0 })
  return {
    ...serverAt(url),
    async stop(): Promise<void> {
      leave()
      await until('the test server has ended', () => !existsSync(folder))
    },
  }
}

/** Starts a server with its data in `home`. */
export async function startServerIn(home: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { embeddedPostgres } = await import('../data/embedded/embedded-postgres.ts')
  const postgres = embeddedPostgres({ home, log: silentLog(), clock: systemClock })
  await postgres.start(AbortSignal.timeout(START_MS_MAX))
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  for (const [name, value] of Object.entries(SETTINGS)) await client.query(`alter system set ${name} = '${value}'`)
  await client.end()
  spreadFolders(join(homeFolders(home).data, 'base')) // the folder of its databases
  await postgres.stop({ drainMs: STOP_MS })
  await postgres.start(AbortSignal.timeout(START_MS_MAX))
  return { url: postgres.url, stop: () => postgres.stop({ drainMs: STOP_MS }) }
}

function serverAt(url: string): TestServer {
  return {
    url,
    urlOf(database: string): string {
      const other = new URL(url)
      other.pathname = `/${database}`
      return other.href
    },
  }
}
