/**
 * Template databases: Millrace's migrations and an application's, applied once on a server and copied for each test. The
 * name of one is made of the checksums of its migrations, so a changed migration makes a new one. It takes connections
 * only until it is complete: one that still does was left half made by a process that was killed.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import pg from 'pg'
import { type App, defineApp } from '../app/define-app.ts'
import { migrationsOf } from '../app/parts.ts'
import { Database } from '../data/database.ts'
import { stampEnvironment } from '../data/environment.ts'
import { type MigrationSet, migrate } from '../data/migrate.ts'
import { sql } from '../data/sql.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import type { TestServer } from './test-server.ts'

const findTemplate = sql(import.meta.url, 'sql/find-template.sql')
const listOld = sql(import.meta.url, 'sql/list-old-templates.sql')
const lock = sql(import.meta.url, 'sql/lock-templates.sql')

/** What has no application of its own: the tests of Millrace itself. */
const BARE = defineApp({ name: 'millrace' })
/** Templates outlive a run only on a server of the user's own. */
const KEPT_MS = 7 * 24 * 3_600_000

/** Files are read once: migrations do not change under a running test. */
const names = new WeakMap<App, string>()
/** By server and name: the template is made, or is being made. */
const made = new Map<string, Promise<string>>()

/** The name of the template of an application, which is made if it is not there. Processes may ask for it side by side. */
export function templateOf(server: TestServer, app: App = BARE): Promise<string> {
  const sets = migrationsOf(app)
  const name = names.get(app) ?? `millrace_template_${checksumOf(sets)}`
  names.set(app, name)
  const key = `${server.url} ${name}`
  const making = made.get(key) ?? makeOnce(server, name, sets)
  made.set(key, making)
  making.catch(() => made.delete(key))
  return making
}

/** To be called when a template was found to be gone: somebody else on the server has removed it. */
export function forgetTemplates(): void {
  made.clear()
}

function checksumOf(sets: readonly MigrationSet[]): string {
  const hash = createHash('sha256')
  for (const { name, folder, routines } of sets) {
    for (const at of routines === undefined ? [folder] : [folder, routines]) {
      for (const file of readdirSync(at).sort()) {
        if (file.endsWith('.sql')) hash.update(`${name}\0${file}\0${readFileSync(new URL(file, at), 'utf8')}\0`)
      }
    }
  }
  return hash.digest('hex').slice(0, 16)
}

async function makeOnce(server: TestServer, name: string, sets: readonly MigrationSet[]): Promise<string> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    await client.query(lock.text) // until this connection ends
    const { rows } = await client.query<{ is_complete: boolean }>(findTemplate.text, [name])
    if (rows[0]?.is_complete === true) return name
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name}`)
    await client.query(`comment on database ${name} is '${new Date(systemClock.now()).toISOString()}'`)
    await fill(server.urlOf(name), sets)
    await client.query(`alter database ${name} with is_template true allow_connections false`)
    await removeOld(client)
    return name
  } finally {
    await client.end()
  }
}

async function fill(url: string, sets: readonly MigrationSet[]): Promise<void> {
  const db = new Database({ url, poolMax: 2, applicationName: 'millrace test', clock: systemClock, log: silentLog() })
  try {
    await migrate(db, sets)
    await stampEnvironment(db, 'test')
  } finally {
    await db.end()
  }
}

/** One that is in use, or somebody else's, stays. */
async function removeOld(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(listOld.text, [new Date(systemClock.now() - KEPT_MS)])
  for (const { name } of rows) {
    await client
      .query(`alter database ${name} with is_template false`)
      .then(() => client.query(`drop database if exists ${name}`))
      .catch(() => {})
  }
}
