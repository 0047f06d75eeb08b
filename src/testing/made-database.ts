/** Databases of tests: copied from a template, dropped when they are done with. */
import pg from 'pg'
import type { App } from '../app/define-app.ts'
import { sql } from '../data/sql.ts'
import { systemClock } from '../kernel/clock.ts'
import { Copies } from './copies.ts'
import { ownedName } from './owned-names.ts'
import { stayingAlive } from './staying-alive.ts'
import { forgetTemplates, templateOf } from './template.ts'
import { type TestServer, testServer } from './test-server.ts'

const countConnections = sql(import.meta.url, 'sql/count-connections.sql')

export interface MadeDatabase {
  readonly name: string
  readonly url: string
  drop(): Promise<void>
}

/** Test files of one process make and drop databases one after the other; a test or two may do so side by side. */
const CONNECTIONS_MAX = 4
const IDLE_MS = 1_000
/** Connections that were ended a moment ago. */
const LAST_CONNECTION_MS_MAX = 100
const LOOK_MS = 2
/** A template database that is gone. */
const NO_SUCH_DATABASE = '3D000'

let administration: pg.Pool | undefined
const copiesByTemplate = new Map<string, Copies>()

/** Makes a database as the migrations of Millrace, and of the application, leave it. */
export async function makeDatabase(app?: App): Promise<MadeDatabase> {
  const server = await testServer()
  administration ??= openAdministration(server)
  const pool = administration
  const copies = copiesOf(await templateOf(server, app), () => copy(server, pool, app))
  const name = await copies.take()
  return {
    name,
    url: server.urlOf(name),
    drop: () => stayingAlive(() => drop(pool, name)),
  }
}

function copiesOf(template: string, make: () => Promise<string>): Copies {
  const known = copiesByTemplate.get(template)
  if (known !== undefined) return known
  if (copiesByTemplate.size === 0) process.on('beforeExit', onNothingLeft)
  const copies = new Copies(make)
  copiesByTemplate.set(template, copies)
  return copies
}

/**
 * Node calls this whenever nothing is left to do, which may be between two tests: whoever comes after it finds no spare. What
 * it begins is something to do, so it begins something only while there is a spare, or the process would never end. One that
 * is killed instead leaves its spare to the next process, as it leaves the databases of its tests.
 */
function onNothingLeft(): void {
  if (copiesByTemplate.values().some((copies) => copies.hasSpare)) void stayingAlive(dropSpares)
}

async function dropSpares(): Promise<void> {
  const pool = administration
  if (pool === undefined) return
  for (const copies of copiesByTemplate.values()) {
    const name = await copies.giveUpSpare()
    // the server may have ended before us, and everything on it
    if (name !== undefined) await pool.query(`drop database if exists ${name}`).catch(() => {})
  }
}

async function copy(server: TestServer, pool: pg.Pool, app?: App): Promise<string> {
  const name = ownedName()
  await copyTo(server, pool, name, app).catch((thrown: unknown) => {
    if ((thrown as { readonly code?: unknown }).code !== NO_SUCH_DATABASE) throw thrown
    forgetTemplates()
    return copyTo(server, pool, name, app)
  })
  return name
}

/** Copying files is faster than writing all of them to the log, as long as nobody waits for a disk. */
async function copyTo(server: TestServer, pool: pg.Pool, name: string, app?: App): Promise<void> {
  await pool.query(`create database ${name} template ${await templateOf(server, app)} strategy file_copy`)
}

/** The server looks for connections that are just ending every 100 ms only: it is asked when the last one is gone. */
async function drop(pool: pg.Pool, name: string): Promise<void> {
  const giveUpAt = systemClock.monotonic() + LAST_CONNECTION_MS_MAX
  while (systemClock.monotonic() < giveUpAt) {
    const { rows } = await pool.query<{ count: number }>(countConnections.text, [name])
    if (rows[0]?.count === 0) break
    await systemClock.sleep(LOOK_MS)
  }
  await pool.query(`drop database if exists ${name} with (force)`)
}

function openAdministration({ url }: TestServer): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS_MAX,
    idleTimeoutMillis: IDLE_MS,
    allowExitOnIdle: true,
    application_name: 'millrace test databases',
  })
  pool.on('error', () => {}) // the server may end before we do
  return pool
}
