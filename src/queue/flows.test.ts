/** What is kept of the flows of a governed queue: as long as it means something, and no more. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { freeze, type Lab, lab } from './governed-test-kit.ts'
import { rowsIn } from './operators-test-kit.ts'
import { promote } from './promote.ts'
import { PURGE_COUNT_MAX, purge } from './purge.ts'

describe('a purge', () => {
  test('leaves a flow alone whose jobs run: its limit holds', async () => {
    await using l = await lab({ perKey: { concurrency: 1 } })
    await l.submit('a1', { key: 'a' })
    assert.equal(await l.claim(), 'a1')
    await purge(l.q.db)
    await l.submit('a2', { key: 'a' })
    assert.equal(await l.claim(), '')
    await l.end('a1')
    assert.equal(await l.claim(), 'a2')
  })

  test('leaves a flow alone that has its turn, and one that waits for its rate: their jobs come', async () => {
    await using l = await lab({ perKey: { rate: { count: 1, perMs: 1_000 } } })
    await freeze(l.q)
    for (const key of ['a', 'b', 'c']) await l.submit(`${key}1`, { key })
    assert.equal(await l.claim(1), 'a1')
    await l.submit('a2', { key: 'a' })
    assert.equal(await l.claim(1), 'b1')
    await freeze(l.q, 60_000)
    await purge(l.q.db)
    assert.equal(await rowsIn(l.q, 'flow'), 2, 'that of b is idle')
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'c1 a2')
  })

  test('leaves a flow alone whose rate is spent: what comes next still waits', async () => {
    await using l = await lab({ perKey: { rate: { count: 1, perMs: 1_000 } } })
    await freeze(l.q)
    await l.submit('a1', { key: 'a' })
    assert.equal(await l.claim(), 'a1')
    await freeze(l.q, 999)
    await purge(l.q.db)
    await l.submit('a2', { key: 'a' })
    assert.equal(await l.claim(), '')
  })

  test('forgets all that is idle at once, however much it is', async () => {
    await using l = await lab({ concurrency: 1 })
    await l.q.db.query(
      `insert into millrace.flow (lane, id, place, taken, arrived, running, has_turn)
       select 1, n, row('a', null, 'normal')::millrace.place, 1, 1, 0, false from generate_series(1, $1) n`,
      [PURGE_COUNT_MAX + 1],
    )
    await l.q.db.query(
      `insert into millrace.debounce (task, key, job, first_at, due_at)
       select 'work', n::text, gen_random_uuid(), now(), now() - interval '1 hour' from generate_series(1, $1) n`,
      [PURGE_COUNT_MAX + 1],
    )
    const { rows: plan } = await l.q.db.query<{ 'QUERY PLAN': string }>(
      `explain select from millrace.flow where arrived = taken and running = 0 and not has_turn
         and coalesce(next_at, '-infinity') < millrace.now() limit 1`,
    )
    assert.match(plan.map((row) => row['QUERY PLAN']).join(), /flow_idle/, 'those with jobs are not looked at')
    await purge(l.q.db)
    assert.deepEqual([await rowsIn(l.q, 'flow'), await rowsIn(l.q, 'debounce')], [0, 0])
  })
})

describe('a timer for a rate', () => {
  const rate = { count: 1, perMs: 3_600_000 }

  /** Jobs of one key come one by one, and a worker looks each time. */
  async function comeAndLook(l: Lab): Promise<void> {
    await freeze(l.q)
    const claimed: string[] = []
    for (let n = 0; n < 5; n += 1) {
      await l.submit(`a${n}`, { key: 'a' })
      claimed.push(await l.claim())
    }
    assert.deepEqual(claimed, ['a0', '', '', '', ''])
  }

  test('is set once for a key, however often its flow is looked at', async () => {
    await using l = await lab({ perKey: { rate } })
    await comeAndLook(l)
    assert.equal(await rowsIn(l.q, 'deferred'), 1)
    await freeze(l.q, rate.perMs)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'a1')
    assert.equal(await rowsIn(l.q, 'deferred'), 1, 'and once more for the next one')
  })

  test('is set once for a queue', async () => {
    await using l = await lab({ rate, perKey: { concurrency: 5 } })
    await comeAndLook(l)
    assert.equal(await rowsIn(l.q, 'deferred'), 1)
  })
})
