/** A database of its own for each test, copied from a migrated template in some tens of milliseconds. */
import type { App } from '../app/define-app.ts'
import { Database } from '../data/database.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { makeDatabase } from './made-database.ts'

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
  const { url, drop } = await makeDatabase(app)
  const db = new Database({
    url,
    poolMax: POOL_MAX,
    applicationName: 'millrace test',
    clock: systemClock,
    log: silentLog(),
  })
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
      await drop()
    },
  }
}
