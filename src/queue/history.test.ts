import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../testing/test-database.ts'
import { type EndedJob, keepHistory, listHistory } from './history.ts'

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

  test('is read page by page, and leaves none out of jobs that ended in the same millisecond', async () => {
    await using t = await testDatabase()
    await t.db.query("insert into millrace.lane (queue, kind, priority) values ('mail', 'ready', 'normal')")
    await t.db.query(
      `insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes)
       select '2026-01-01T00:00:00Z'::timestamptz + n / 3 * interval '0.0003 s', gen_random_uuid(),
              (select max(id) from millrace.lane), 'work', 'succeeded', 1, 0 from generate_series(0, 19) n`,
    )
    const seen: string[] = []
    let after: EndedJob | undefined
    do {
      const page = await listHistory(t.db, { limit: 3, ...(after && { after }) })
      seen.push(...page.map(({ id }) => id))
      after = page.at(-1)
    } while (after !== undefined)
    assert.deepEqual([seen.length, new Set(seen).size], [20, 20])
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
