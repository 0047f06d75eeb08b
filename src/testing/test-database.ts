/** A database of its own for each test, copied from a migrated template in some tens of milliseconds. */
import pg from 'pg'
import type { App } from '../app/define-app.ts'
import { migrationsOf } from '../app/parts.ts'
import { Database } from '../data/database.ts'
import { migrate } from '../data/migrate.ts'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { testServer } from './test-server.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly db: Database
  readonly url: string
  /** Moves the database's clock on: what `millrace.now()` answers everywhere. */
  advance(ms: number): Promise<void>
}

const POOL_MAX = 20

/**
 * Makes an isolated, migrated database on the test server and drops it when disposed of.
 *
 * @param app its own migrations are applied as well.
 * @example await using t = await testDatabase()
 */
export async function testDatabase(app?: App): Promise<TestDatabase> {
  const server = await testServer()
  const name = `t_${newRandomId().replaceAll('-', '')}`
  await onServer(server.url, `create database ${name} template ${server.template} strategy file_copy`)
  const url = server.urlOf(name)
  const db = new Database({
    url,
    poolMax: POOL_MAX,
    applicationName: 'millrace test',
    clock: systemClock,
    log: silentLog(),
  })
  if (app !== undefined) await migrate(db, migrationsOf(app))
  let offsetMs = 0
  return {
    db,
    url,
    async advance(ms: number): Promise<void> {
      offsetMs += ms
      await db.query(
        `create or replace function millrace.now() returns timestamptz language sql volatile parallel safe
           as 'select clock_timestamp() + interval ''${offsetMs} ms'''`,
      )
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await db.end()
      await onServer(server.url, `drop database if exists ${name} with (force)`)
    },
  }
}

async function onServer(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}
