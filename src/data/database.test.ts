import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { faultProxy } from '../testing/fault-proxy.ts'
import { testDatabase } from '../testing/test-database.ts'
import { until } from '../testing/until.ts'
import { Database } from './database.ts'
import { OpenTransaction } from './transaction.ts'

const open = (url: string, options: { poolMax?: number; deadlineMs?: number } = {}): Database =>
  new Database({ url, poolMax: 2, applicationName: 'database test', clock: systemClock, log: silentLog(), ...options })

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

describe('a transaction', () => {
  test('is joined by whatever runs inside it, and leaves nothing when it throws', async () => {
    await using t = await testDatabase()
    await t.db.query('create table thing (id integer)')
    const failed = t.db.transaction(async () => {
      await t.db.query('insert into thing values (1)')
      assert.equal((await t.db.query('select from thing')).rows.length, 1)
      throw new Error('on purpose')
    })
    await assert.rejects(failed, /on purpose/)
    assert.equal((await t.db.query('select from thing')).rows.length, 0)
  })

  test('inside another is a savepoint: it fails alone', async () => {
    await using t = await testDatabase()
    await t.db.query('create table thing (id integer primary key)')
    const committed: string[] = []
    await t.db.transaction(async (tx) => {
      tx.afterCommit(() => committed.push('outer'))
      await t.db.query('insert into thing values (1)')
      const inner = t.db.transaction(async (nested) => {
        nested.afterCommit(() => committed.push('inner'))
        await t.db.query('insert into thing values (1)')
      })
      await assert.rejects(inner, code('23505'))
      await t.db.query('insert into thing values (2)')
      assert.deepEqual(committed, [], 'nothing is told before the commit')
    })
    const { rows } = await t.db.query('select id from thing order by id')
    assert.deepEqual([rows, committed], [[{ id: 1 }, { id: 2 }], ['outer']])
  })

  test('whose failed statement was swallowed does not pass for committed', async () => {
    await using t = await testDatabase()
    const swallowing = t.db.transaction(async (tx) => {
      await tx.query('select 1/0').catch(() => {})
    })
    await assert.rejects(swallowing, code('MILLRACE_DATA_TRANSACTION_ABORTED'))
  })

  test('says so too when a statement that goes with the COMMIT finds it out', async () => {
    await using t = await testDatabase()
    const swallowing = t.db.transaction(async (tx) => {
      assert.ok(tx instanceof OpenTransaction)
      tx.withCommit({ name: 'database test: one', text: 'select 1' }, [], (error) => error)
      await tx.query('select 1/0').catch(() => {})
    })
    await assert.rejects(swallowing, code('MILLRACE_DATA_TRANSACTION_ABORTED'))
  })

  test('refuses statements after its end', async () => {
    await using t = await testDatabase()
    const tx = await t.db.transaction(async (open) => open)
    await assert.rejects(tx.query('select 1'), code('MILLRACE_DATA_TRANSACTION_OVER'))
  })

  test('can be left on purpose', async () => {
    await using t = await testDatabase()
    await t.db.query('create table thing (id integer)')
    const failed = t.db.transaction(async () => {
      await t.db.outsideTransaction(() => t.db.query('insert into thing values (1)'))
      throw new Error('on purpose')
    })
    await assert.rejects(failed)
    assert.equal((await t.db.query('select from thing')).rows.length, 1)
  })

  test('says that its end is unknown when the connection is lost during COMMIT', async () => {
    await using t = await testDatabase()
    await using proxy = await faultProxy(t.url)
    await t.db.query('create table thing (id integer)')
    const db = open(proxy.url)
    const committing = db.transaction(async (tx) => {
      await tx.query('insert into thing values (1)')
      proxy.cutAfter('commit')
    })
    await assert.rejects(committing, code('MILLRACE_DATA_COMMIT_UNKNOWN'))
    assert.equal((await t.db.query('select from thing')).rows.length, 1, 'here it had taken effect')
    assert.equal((await db.query('select from thing')).rows.length, 1, 'and the pool goes on with a fresh connection')
    await db.end()
  })
})

describe('the pool', () => {
  test('gives a call up at its deadline, destroys its connection and goes on with another', async () => {
    await using t = await testDatabase()
    await using proxy = await faultProxy(t.url)
    const db = open(proxy.url, { poolMax: 1 })
    const before = (await db.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid
    proxy.swallowReplies()
    await assert.rejects(db.query("select 'late'", [], { deadlineMs: 100 }), code('MILLRACE_DATA_DEADLINE'))
    proxy.heal()
    const { rows } = await db.query<{ pid: number; word: string }>("select pg_backend_pid() as pid, 'new' as word")
    assert.equal(rows[0]?.word, 'new', 'the late answer is nobody’s')
    assert.notEqual(rows[0]?.pid, before)
    await db.end()
  })

  test('N4: has a statement that nobody waits for any more ended by the server', async () => {
    await using t = await testDatabase()
    const db = open(t.url, { deadlineMs: 2_500 })
    const { rows } = await db.query<{ ms: string }>(
      `select setting as ms from pg_settings where name = 'statement_timeout'`,
    )
    assert.deepEqual(rows, [{ ms: '3500' }])
    await db.end()
  })

  test('N5: takes nothing from another schema, whatever search path the database or the role has', async () => {
    await using t = await testDatabase()
    await t.db.query('create table thing as select 1 as is')
    await t.db.query('create schema hostile')
    await t.db.query('create table hostile.thing as select 2 as is')
    await t.db.query(`create function hostile.lower(text) returns text language sql as $$ select 'hostile' $$`)
    await t.db.query(`do $$ begin
      execute format('alter database %I set search_path = hostile, pg_catalog, public', current_database());
    end $$`)
    const db = open(t.url)
    const { rows } = await db.query(`select thing.is, lower('A'), current_setting('search_path') as path from thing`)
    assert.deepEqual(rows, [{ is: 1, lower: 'a', path: 'public' }])
    await db.end()
  })

  test('says so when all its connections are in use', async () => {
    await using t = await testDatabase()
    const db = open(t.url, { poolMax: 1 })
    const release = Promise.withResolvers<void>()
    const holding = db.transaction(() => release.promise)
    await assert.rejects(db.query('select 1'), code('MILLRACE_DATA_POOL_EXHAUSTED'))
    release.resolve()
    await holding
    await db.query('select 1')
    await db.end()
  })

  test('says that the database is away, and serves again when it is back', async () => {
    await using t = await testDatabase()
    const gone = open('postgres://nobody@127.0.0.1:9/none')
    await assert.rejects(gone.query('select 1'), code('MILLRACE_DATA_UNREACHABLE'))
    const db = open(t.url)
    const { rows } = await db.query<{ pid: number }>('select pg_backend_pid() as pid')
    await t.db.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await until('the pool has let go of the dead connection', () => db.query('select 1').catch(() => undefined))
    await db.end()
  })

  test('gives another library the connection of the surrounding transaction', async () => {
    await using t = await testDatabase()
    await t.db.transaction(async (tx) => {
      const own = (await tx.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid
      const client = await t.db.pool.connect()
      assert.equal((await client.query<{ pid: number }>('select pg_backend_pid() as pid', [])).rows[0]?.pid, own)
      client.release()
    })
  })
})

describe('a transaction, misused,', () => {
  test('is rolled back when its work throws before it returns a promise', async () => {
    await using t = await testDatabase()
    const db = open(t.url, { poolMax: 1 })
    await db.query('create table thing (id integer)')
    const throwing = (): Promise<never> => {
      throw new Error('at once')
    }
    await assert.rejects(db.transaction(throwing), /at once/)
    await db.query('insert into thing values (1)')
    assert.equal(
      (await t.db.query('select from thing')).rows.length,
      1,
      'another connection sees it: nothing was left open',
    )
    await db.end()
  })

  test('lets savepoints that are started side by side take turns', async () => {
    await using t = await testDatabase()
    await t.db.query('create table thing (id integer)')
    await t.db.transaction(async () => {
      const keeps = t.db.transaction(async () => {
        await t.db.query('insert into thing values (1)')
        await t.db.transaction(() => t.db.query('insert into thing values (2)'))
      })
      const fails = t.db.transaction(async () => {
        await t.db.query('insert into thing values (3)')
        throw new Error('on purpose')
      })
      assert.deepEqual(
        (await Promise.allSettled([keeps, fails])).map((r) => r.status),
        ['fulfilled', 'rejected'],
      )
    })
    const { rows } = await t.db.query('select id from thing order by id')
    assert.deepEqual(rows, [{ id: 1 }, { id: 2 }])
  })

  test('is not ended by the COMMIT of a library that uses its connection', async () => {
    await using t = await testDatabase()
    await t.db.query('create table thing (id integer)')
    const failing = t.db.transaction(async () => {
      const client = await t.db.pool.connect()
      await client.query('begin', [])
      await client.query('insert into thing values (1)', [])
      await client.query('commit', [])
      client.release()
      throw new Error('on purpose')
    })
    await assert.rejects(failing, /on purpose/)
    assert.equal((await t.db.query('select from thing')).rows.length, 0)
  })

  test('stays committed whatever is to happen after it', async () => {
    await using t = await testDatabase()
    let isNextRun = false
    await t.db.transaction(async (tx) => {
      tx.afterCommit(() => {
        throw new Error('on purpose')
      })
      tx.afterCommit(() => {
        isNextRun = true
      })
    })
    assert.ok(isNextRun)
  })
})
