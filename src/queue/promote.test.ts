/** How far back promotion looks: to all that may be committed late, and no further. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import pg from 'pg'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { promote, raiseFloor } from './promote.ts'

const note = task('note', { input: z.object({}), queue: 'notes' })
const HOUR_MS = 3_600_000

/** A pass that finds everything, as a worker makes one every few seconds. Answers how many jobs it has moved. */
async function pass(q: TestQueue): Promise<number> {
  const { moved, began } = await promote(q.db, null)
  assert.ok(began !== null)
  await raiseFloor(q.db, began)
  await q.advance(10_000)
  return moved
}

async function floor(q: TestQueue): Promise<string> {
  const { rows } = await q.db.query<{ floor: string }>('select millrace.promotion_floor()::text as floor')
  return rows[0]?.floor ?? ''
}

/** Makes passes until the floor has risen: others' transactions on the server may be under way, for a while. */
async function rise(q: TestQueue): Promise<void> {
  const before = await floor(q)
  await until('the floor rises', async () => {
    await pass(q)
    return (await floor(q)) !== before
  })
}

const insertDue = `insert into millrace.deferred (due_at, id, lane, task, tracked, payload)
  values (millrace.now() - $3 * interval '1 ms', $1, $2, 'note', false, '{}')`
const dueJob = (q: TestQueue, lateMs = 0): readonly unknown[] => [
  newRandomId(),
  q.lanes.get('notes').ready.normal,
  lateMs,
]

describe('a pass that is to find everything', () => {
  test('begins where nothing more can come, a few passes later', async () => {
    await using q = await testQueue([note])
    assert.equal(await floor(q), '-infinity')
    await pass(q)
    assert.equal(await floor(q), '-infinity', 'what was under way then may not have been over')
    await rise(q)
    const first = new Date(await floor(q)).getTime()
    await rise(q)
    assert.ok(new Date(await floor(q)).getTime() > first)
  })

  test('goes back to what an open transaction may still commit, however long that takes', async () => {
    await using q = await testQueue([note])
    await rise(q)
    const client = new pg.Client({ connectionString: q.url })
    await client.connect()
    await client.query('begin')
    await client.query(insertDue, [...dueJob(q)])
    for (let n = 0; n < 4; n += 1) assert.equal(await pass(q), 0)
    await client.query('commit')
    await client.end()
    assert.equal(await pass(q), 1)
  })

  test('looks from the very edge every ten minutes: a process that was stopped before its first write loses nothing', async () => {
    await using q = await testQueue([note])
    await rise(q)
    await q.db.query(insertDue, dueJob(q, HOUR_MS))
    assert.equal(await pass(q), 0)
    await q.advance(10 * 60_000)
    assert.equal(await pass(q), 1)
  })

  test('looks from the very edge when the clock was set back', async () => {
    await using q = await testQueue([note])
    await q.advance(HOUR_MS)
    await rise(q)
    await q.advance(-HOUR_MS)
    await q.db.query(insertDue, dueJob(q))
    assert.equal(await pass(q), 1)
    await rise(q)
  })
})
