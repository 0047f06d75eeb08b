/**
 * The PostgreSQL server of the tests: the one that MILLRACE_TEST_URL names, or one of our own for as long as this process
 * runs. Its template database is migrated once.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { Database } from '../data/database.ts'
import { dataMigrations, stampEnvironment } from '../data/environment.ts'
import { type MigrationSet, migrate } from '../data/migrate.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { queueMigrations } from '../queue/migrations.ts'
import { scheduleMigrations } from '../schedule/migrations.ts'
import { webMigrations } from '../web/migrations.ts'

export interface TestServer {
  /** A database on the server from which others can be made. */
  readonly url: string
  readonly template: string
  urlOf(database: string): string
}

const TEMPLATE = 'millrace_template'
const MIGRATIONS: readonly MigrationSet[] = [dataMigrations, queueMigrations, scheduleMigrations, webMigrations]
const STOP_MS = 5_000

let opened: Promise<TestServer> | undefined
let own: Awaited<ReturnType<typeof startTestServer>> | undefined

// here and not at the first use: a hook that is registered inside a suite would end the server with that suite
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  const { after } = await import('node:test')
  after(() => own?.stop())
}

/** The test server of this process; opened at the first call. */
export function testServer(): Promise<TestServer> {
  const url = process.env['MILLRACE_TEST_URL']
  opened ??= url === undefined ? ownServer() : Promise.resolve(serverAt(url))
  return opened
}

/** Starts a server in a temporary folder with a migrated template; `stop` ends it and removes the folder. */
export async function startTestServer(): Promise<TestServer & { stop(): Promise<void> }> {
  const { embeddedPostgres } = await import('../data/embedded/embedded-postgres.ts')
  const home = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  const postgres = embeddedPostgres({ home, log: silentLog(), clock: systemClock })
  await postgres.start(AbortSignal.timeout(60_000))
  const server = serverAt(postgres.url)
  await makeTemplate(server)
  return {
    ...server,
    async stop(): Promise<void> {
      await postgres.stop({ drainMs: STOP_MS })
      await rm(home, { recursive: true, force: true })
    },
  }
}

async function ownServer(): Promise<TestServer> {
  own = await startTestServer()
  return own
}

async function makeTemplate(server: TestServer): Promise<void> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query(`create database ${TEMPLATE}`)
  await client.end()
  const url = server.urlOf(TEMPLATE)
  const db = new Database({ url, poolMax: 2, applicationName: 'millrace test', clock: systemClock, log: silentLog() })
  await migrate(db, MIGRATIONS)
  await stampEnvironment(db, 'test')
  await db.end()
}

function serverAt(url: string): TestServer {
  return {
    url,
    template: TEMPLATE,
    urlOf(database: string): string {
      const other = new URL(url)
      other.pathname = `/${database}`
      return other.href
    },
  }
}
