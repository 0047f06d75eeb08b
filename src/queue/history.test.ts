import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../testing/test-database.ts'
import { keepHistory } from './history.ts'

const DAY_MS = 24 * 3_600_000

async function partitions(t: TestDatabase): Promise<number> {
  const { rows } = await t.db.query(
    "select from pg_inherits where inhparent = 'millrace.history'::regclass and inhrelid <> 'millrace.history_rest'::regclass",
  )
  return rows.length
}

async function end(t: TestDatabase): Promise<void> {
  await t.db.query(
    `insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes)
     values (millrace.now(), gen_random_uuid(), 1, 'work', 'succeeded', 1, 0)`,
  )
}

async function rows(t: TestDatabase): Promise<number> {
  return (await t.db.query('select from millrace.history')).rows.length
}

describe('history', () => {
  test('has a partition for each day, made ahead, and drops old ones whole', async () => {
    await using t = await testDatabase()
    assert.deepEqual(await keepHistory(t.db, 2), { made: 4, dropped: 0 })
    assert.deepEqual(await keepHistory(t.db, 2), { made: 0, dropped: 0 }, 'once')
    await end(t)
    await t.advance(3 * DAY_MS)
    assert.deepEqual(await keepHistory(t.db, 2), { made: 3, dropped: 1 })
    assert.deepEqual([await rows(t), await partitions(t)], [0, 6])
  })

  test('takes what comes when nobody has made the day, and forgets that in time as well', async () => {
    await using t = await testDatabase()
    await end(t)
    assert.equal((await keepHistory(t.db, 2)).made, 3, 'today stays with the default partition')
    assert.equal(await rows(t), 1)
    await t.advance(4 * DAY_MS)
    await keepHistory(t.db, 2)
    assert.equal(await rows(t), 0)
  })

  test('waits for nobody who reads it', async () => {
    await using t = await testDatabase()
    await keepHistory(t.db, 2)
    await t.advance(4 * DAY_MS)
    await t.db.transaction(async (tx) => {
      await tx.query('select from millrace.history')
      const kept = await t.db.outsideTransaction(() => keepHistory(t.db, 2))
      assert.equal(kept.dropped, 0)
    })
    assert.equal((await keepHistory(t.db, 2)).dropped, 2)
  })
})
