import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { defineApp } from '../app/define-app.ts'
import { migrationsOf } from '../app/parts.ts'
import { Database } from '../data/database.ts'
import { migrate } from '../data/migrate.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { ownedName } from './owned-names.ts'
import { testDatabase } from './test-database.ts'
import { testServer } from './test-server.ts'

const DATABASES = 20
const MIGRATIONS = 5
/** Where nothing disturbs, it is a tenth. */
const SHARE_MAX = 1 / 4

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = systemClock.monotonic()
  await work()
  return systemClock.monotonic() - startedAt
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** What a test would wait for without the template. */
async function migrateOne(): Promise<void> {
  const { url, urlOf } = await testServer()
  const name = ownedName()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create database ${name}`)
  const parts = { applicationName: 'millrace test', clock: systemClock, log: silentLog() }
  const db = new Database({ url: urlOf(name), poolMax: 1, ...parts })
  await migrate(db, migrationsOf(defineApp({ name: 'millrace' })))
  await db.end()
  await client.query(`drop database ${name} with (force)`)
  await client.end()
}

async function useOne(): Promise<void> {
  await using t = await testDatabase()
  await t.db.query('select from millrace.entry')
}

test('a database for a test, made, used and dropped, takes a small part of migrating one', async (t) => {
  await useOne() // the server and the template are there from now on
  const copied: number[] = []
  for (let n = 0; n < DATABASES; n += 1) copied.push(await timed(useOne))
  const migrated: number[] = []
  for (let n = 0; n < MIGRATIONS; n += 1) migrated.push(await timed(migrateOne))
  t.diagnostic(`${median(copied).toFixed(1)} ms for one, ${median(migrated).toFixed(0)} ms to migrate one (medians)`)
  // what others do on the machine only ever adds: the quickest of each are compared
  const [copy, migration] = [Math.min(...copied), Math.min(...migrated)]
  assert.ok(copy < migration * SHARE_MAX, `${copy} ms for one, ${migration} ms to migrate one`)
})
