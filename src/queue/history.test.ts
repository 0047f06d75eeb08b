import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { type TestDatabase, testDatabase } from '../testing/test-database.ts'
import { testQueue } from '../testing/test-worker.ts'
import { note } from '../worker/fixture/tasks.ts'
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

  test('is read by pages, each job once, however many have ended in one millisecond', async () => {
    await using q = await testQueue([note])
    await q.db.query(
      `insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes)
       select date_trunc('milliseconds', millrace.now()) + n * interval '150 us', gen_random_uuid(), $1, 'note', 'failed', 1, 0
         from generate_series(1, 20) n`,
      [q.lanes.get('notes').ready.normal],
    )
    const all = await listHistory(q.db, { limit: 1_000 })
    const paged: EndedJob[] = []
    for (;;) {
      const after = paged.at(-1)
      const page = await listHistory(q.db, after === undefined ? { limit: 3 } : { limit: 3, after })
      if (page.length === 0) break
      paged.push(...page)
    }
    assert.deepEqual(
      paged.map((job) => job.id),
      all.map((job) => job.id),
    )
    assert.equal(paged.length, 20)
  })

  test('leaves none out when the last one of a page has been forgotten meanwhile', async () => {
    await using q = await testQueue([note])
    await q.db.query(
      `insert into millrace.history (ended_at, id, lane, task, status, attempt, crashes)
       select '2026-01-01 00:00:00.0005', gen_random_uuid(), $1, 'note', 'failed', 1, 0 from generate_series(1, 2)`,
      [q.lanes.get('notes').ready.normal],
    )
    const [first, second] = await listHistory(q.db, { limit: 2 })
    assert.ok(first !== undefined && second !== undefined)
    await q.db.query('delete from millrace.history where id = $1', [first.id])
    assert.deepEqual(await listHistory(q.db, { limit: 2, after: first }), [second])
  })

  test('is read by pages of a sensible size only', async () => {
    await using t = await testDatabase()
    for (const limit of [0, -1, 1.5, Number.NaN, 1_001])
      await assert.rejects(listHistory(t.db, { limit }), { code: 'MILLRACE_QUEUE_ARGUMENT_INVALID' })
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
