import { strict as assert } from 'node:assert'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { testDatabase } from '../testing/test-database.ts'
import { checkEnvironment, stampEnvironment } from './environment.ts'
import { type MigrationSet, migrate, pendingMigrations } from './migrate.ts'

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

async function setOf(
  files: Readonly<Record<string, string>>,
): Promise<{ set: MigrationSet; folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const set = { name: 'shop', folder: pathToFileURL(`${folder}/`) }
  return { set, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

describe('migrations', () => {
  test('are applied once and in order, by however many processes at once', async () => {
    await using t = await testDatabase()
    await using shop = await setOf({
      '0002-more.sql': 'alter table item add name text',
      '0001-first.sql': 'create table item (id integer)',
    })
    assert.deepEqual(await pendingMigrations(t.db, [shop.set]), ['shop/0001-first', 'shop/0002-more'])
    const runs = await Promise.all([migrate(t.db, [shop.set]), migrate(t.db, [shop.set]), migrate(t.db, [shop.set])])
    assert.deepEqual(runs.flat().sort(), ['shop/0001-first', 'shop/0002-more'])
    assert.deepEqual(await pendingMigrations(t.db, [shop.set]), [])
  })

  test('that fail leave nothing of themselves, and are applied once they are mended', async () => {
    await using t = await testDatabase()
    await using shop = await setOf({ '0001-first.sql': 'create table item (id integer); select 1/0' })
    await assert.rejects(migrate(t.db, [shop.set]), code('MILLRACE_DATA_MIGRATION_FAILED'))
    await writeFile(join(shop.folder, '0001-first.sql'), 'create table item (id integer)')
    assert.deepEqual(await migrate(t.db, [shop.set]), ['shop/0001-first'])
  })

  test('may not be changed once they were applied', async () => {
    await using t = await testDatabase()
    await using shop = await setOf({ '0001-first.sql': 'create table item (id integer)' })
    await migrate(t.db, [shop.set])
    await writeFile(join(shop.folder, '0001-first.sql'), 'create table item (id bigint)')
    await assert.rejects(migrate(t.db, [shop.set]), code('MILLRACE_DATA_MIGRATION_CHANGED'))
  })

  test('of a newer release are no harm to an older one', async () => {
    await using t = await testDatabase()
    await using newer = await setOf({ '0001-first.sql': 'select 1', '0002-later.sql': 'select 2' })
    await using older = await setOf({ '0001-first.sql': 'select 1' })
    await migrate(t.db, [newer.set])
    assert.deepEqual(await pendingMigrations(t.db, [older.set]), [])
  })

  for (const names of [['first.sql'], ['0001-first.sql', '0001-second.sql'], ['1-first.sql']]) {
    test(`are refused under the names ${names.join(' and ')}`, async () => {
      await using t = await testDatabase()
      await using shop = await setOf(Object.fromEntries(names.map((name) => [name, 'select 1'])))
      await assert.rejects(migrate(t.db, [shop.set]), code('MILLRACE_DATA_MIGRATION_NAME'))
    })
  }
})

describe('the environment stamp', () => {
  test('keeps a process of another environment away', async () => {
    await using t = await testDatabase() // stamped as test
    await checkEnvironment(t.db, 'test')
    await assert.rejects(checkEnvironment(t.db, 'production'), code('MILLRACE_DATA_WRONG_ENVIRONMENT'))
    await assert.rejects(stampEnvironment(t.db, 'staging'), code('MILLRACE_DATA_WRONG_ENVIRONMENT'))
  })
})
