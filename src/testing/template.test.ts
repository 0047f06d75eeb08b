import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import pg from 'pg'
import { defineApp } from '../app/define-app.ts'
import { newRandomId } from '../kernel/ids.ts'
import { removeAbandoned } from './abandoned.ts'
import { isAbandoned, ownedName } from './owned-names.ts'
import { forgetTemplates, templateOf } from './template.ts'
import { testApp } from './test-app.ts'
import { testDatabase } from './test-database.ts'
import { testServer } from './test-server.ts'

const LEAVES = fileURLToPath(new URL('fixture/leaves-database.ts', import.meta.url))

/** An application with migrations that no other has. */
async function appWith(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-migrations-'))
  await writeFile(join(folder, '0001-first.sql'), text)
  return {
    app: defineApp({ name: 'templated', migrations: pathToFileURL(`${folder}/`) }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function onServer<Row>(text: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: (await testServer()).url })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

const databases = async () =>
  (await onServer<{ datname: string }>('select datname from pg_database')).map((r) => r.datname)

async function removeTemplate(name: string): Promise<void> {
  await onServer(`alter database ${name} with is_template false`)
  await onServer(`drop database ${name}`)
}

describe('the template of an application', () => {
  test('is made once for the same migrations, whoever asks', async () => {
    const text = `-- ${newRandomId()}\ncreate table a (n integer)`
    await using one = await appWith(text)
    await using same = await appWith(text)
    await using other = await appWith(`${text};`)
    const server = await testServer()
    const names = await Promise.all([one, same, other].map(({ app }) => templateOf(server, app)))
    assert.equal(names[0], names[1])
    assert.notEqual(names[0], names[2])
    for (const name of new Set(names)) await removeTemplate(name)
  })

  test('is made again when the process that made it was killed half-way', async () => {
    await using made = await appWith(`-- ${newRandomId()}\ncreate table a (n integer)`)
    const server = await testServer()
    const name = await templateOf(server, made.app)
    await removeTemplate(name)
    await onServer(`create database ${name}`) // all that a killed one got done
    forgetTemplates()
    await using t = await testDatabase(made.app)
    assert.deepEqual((await t.db.query('select from a')).rows, [])
    await removeTemplate(name)
  })

  test('is made again when somebody has removed it', async () => {
    await using made = await appWith(`-- ${newRandomId()}\ncreate table a (n integer)`)
    const name = await templateOf(await testServer(), made.app)
    await removeTemplate(name)
    await using t = await testDatabase(made.app)
    assert.deepEqual((await t.db.query('select from a')).rows, [])
    await removeTemplate(name)
  })

  test('that cannot be made says which migration is wrong', async () => {
    await using wrong = await appWith('create table nonsense')
    await assert.rejects(testApp(wrong.app), { code: 'MILLRACE_DATA_MIGRATION_FAILED' })
  })
})

describe('a database of a test', () => {
  test('is gone when the test is done, and when it has failed', async () => {
    const made: string[] = []
    const failing = async () => {
      await using t = await testDatabase()
      made.push(new URL(t.url).pathname.slice(1))
      throw new Error('as tests do')
    }
    await assert.rejects(failing(), /as tests do/)
    assert.ok(made[0] !== undefined && !(await databases()).includes(made[0]))
  })

  test('is removed by the next test process when its own was killed', async () => {
    const child = spawn(process.execPath, [LEAVES], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    const left = said.toString().trim()
    await using own = await testDatabase()
    const { url } = await testServer()
    await removeAbandoned(url)
    assert.ok((await databases()).includes(left), 'its process lives')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await removeAbandoned(url)
    assert.ok(!(await databases()).includes(left))
    assert.equal((await own.db.query('select from millrace.entry')).rows.length, 0, 'ours is still there')
  })

  test('has a name that says whose it is', () => {
    const name = ownedName()
    assert.match(name, /^[a-z0-9_]{1,63}$/)
    assert.deepEqual(
      [isAbandoned(name), isAbandoned('millrace_test_mine'), isAbandoned('orders')],
      [false, false, false],
    )
    const [, , minutes = '', ...rest] = name.split('_')
    const old = (Number.parseInt(minutes, 36) - 25 * 60).toString(36)
    assert.ok(isAbandoned(['millrace', 'test', old, ...rest].join('_')), 'no test runs for a day')
  })
})
