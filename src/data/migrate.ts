/**
 * Numbered, forward-only migrations, applied by one process at a time under an advisory lock, each in a transaction of its
 * own. A set may also have routines: functions that are replaced, as they stand in this release, after its migrations.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { asError, isMillraceError } from '../kernel/errors.ts'
import type { Database } from './database.ts'
import { dataErrors } from './errors.ts'
import { sql } from './sql.ts'

/** The migrations of one owner: a box of Millrace, or the application. */
export interface MigrationSet {
  readonly name: string
  /** Folder of 0001-….sql, 0002-….sql, … */
  readonly folder: URL
  /** Folder of `create or replace function` files. */
  readonly routines?: URL
}

interface Migration {
  readonly id: string
  readonly text: string
  readonly checksum: string
}

const prepare = sql(import.meta.url, 'sql/prepare-migrations.sql')
const listApplied = sql(import.meta.url, 'sql/list-migrations.sql')
const record = sql(import.meta.url, 'sql/record-migration.sql')
const lock = sql(import.meta.url, 'sql/lock-migrations.sql')
const tableOf = sql(import.meta.url, 'sql/find-migration-table.sql')
/** A migration may rewrite a large table; past this it is a job for a person. */
const MIGRATION_MS_MAX = 15 * 60_000

/**
 * Brings the database up to this release. Processes that call it together wait for one another; a migration is applied
 * once. Answers the names of those that were applied now.
 *
 * @throws MILLRACE_DATA_MIGRATION_FAILED (nothing of that migration stays), MILLRACE_DATA_MIGRATION_CHANGED
 */
export async function migrate(db: Database, sets: readonly MigrationSet[]): Promise<readonly string[]> {
  await db.transaction(async (tx) => {
    await tx.query(lock, [], { deadlineMs: MIGRATION_MS_MAX })
    await tx.query(prepare.text)
  })
  const done: string[] = []
  for (const set of sets) {
    for (const migration of readSet(set)) if (await apply(db, migration)) done.push(migration.id)
    // a newer release has been here: its routines are not ours to set back
    if (await isAhead(db, set)) continue
    for (const text of readRoutines(set)) await inMigrationLock(db, `${set.name} routines`, () => db.query(text))
  }
  return done
}

/** Whether the database has migrations of this set that this release does not know. */
async function isAhead(db: Database, set: MigrationSet): Promise<boolean> {
  const known = new Set(readSet(set).map((migration) => migration.id))
  return [...(await readApplied(db)).keys()].some((id) => id.startsWith(`${set.name}/`) && !known.has(id))
}

/** The migrations of this release that the database lacks. What it has beyond them is a newer release's and no harm. */
export async function pendingMigrations(db: Database, sets: readonly MigrationSet[]): Promise<readonly string[]> {
  const wanted = sets.flatMap(readSet)
  const { rows } = await db.query<{ exists: boolean }>(tableOf)
  if (rows[0]?.exists !== true) return wanted.map((m) => m.id)
  const applied = await readApplied(db)
  return wanted.filter((m) => !applied.has(m.id)).map((m) => m.id)
}

async function apply(db: Database, migration: Migration): Promise<boolean> {
  return inMigrationLock(db, migration.id, async () => {
    const checksum = (await readApplied(db)).get(migration.id)
    if (checksum === migration.checksum) return false
    if (checksum !== undefined) throw dataErrors.MILLRACE_DATA_MIGRATION_CHANGED({ migration: migration.id })
    await db.query(migration.text, [], { deadlineMs: MIGRATION_MS_MAX })
    await db.query(record, [migration.id, migration.checksum])
    return true
  })
}

async function inMigrationLock<T>(db: Database, id: string, work: () => Promise<T>): Promise<T> {
  try {
    return await db.transaction(async (tx) => {
      await tx.query('set local statement_timeout = 0') // the deadline below is longer than the connection's own
      await tx.query(lock, [], { deadlineMs: MIGRATION_MS_MAX })
      return await work()
    })
  } catch (thrown) {
    if (isMillraceError(thrown)) throw thrown
    throw dataErrors.MILLRACE_DATA_MIGRATION_FAILED({ migration: id, why: asError(thrown).message }, thrown)
  }
}

async function readApplied(db: Database): Promise<ReadonlyMap<string, string>> {
  const { rows } = await db.query<{ id: string; checksum: string }>(listApplied)
  return new Map(rows.map((row) => [row.id, row.checksum]))
}

function readSet(set: MigrationSet): readonly Migration[] {
  const files = sqlFilesOf(set.folder)
  const numbers = new Set(files.map((file) => file.slice(0, 4)))
  for (const file of files) {
    if (!/^\d{4}-[a-z0-9-]+\.sql$/.test(file) || numbers.size < files.length)
      throw dataErrors.MILLRACE_DATA_MIGRATION_NAME({ file: `${set.name}/${file}` })
  }
  return files.map((file) => {
    const text = readFileSync(new URL(file, set.folder), 'utf8')
    const checksum = createHash('sha256').update(text).digest('hex')
    return { id: `${set.name}/${file.replace(/\.sql$/, '')}`, text, checksum }
  })
}

function readRoutines(set: MigrationSet): readonly string[] {
  const folder = set.routines
  if (folder === undefined) return []
  return sqlFilesOf(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'))
}

function sqlFilesOf(folder: URL): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
}
