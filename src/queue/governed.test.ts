/** The scheduler of governed queues, claimed from directly: what is handed out, and what has to wait. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { PRIORITIES, type Priority } from '../contract/task.ts'
import { error, freeze, lab, workOf } from './governed-test-kit.ts'
import type { Outcome } from './job.ts'
import { promote } from './promote.ts'

/** Far fewer than there are jobs of high priority, and enough that some of low priority are among them. */
const DRAWS = 300

describe('concurrency per queue', () => {
  test('hands out no more than so many jobs, and one more for each that ends', async () => {
    await using l = await lab({ concurrency: 2 })
    for (const name of ['a', 'b', 'c', 'd']) await l.submit(name)
    assert.equal(await l.claim(), 'a b')
    assert.equal(await l.claim(), '')
    assert.equal(await l.hasWork(), false, 'and nobody looks while there is no room')
    await l.end('a')
    assert.equal(await l.hasWork(), true)
    assert.equal(await l.claim(), 'c')
    await l.end('b', { kind: 'failed', error, reason: 'permanent' })
    await l.end('c', { kind: 'cancelled' })
    assert.equal(await l.claim(), 'd')
  })

  test('lets go of a slot while its job waits for a retry', async () => {
    await using l = await lab({ concurrency: 1 })
    await l.submit('a')
    await l.submit('b')
    assert.equal(await l.claim(), 'a')
    await l.end('a', { kind: 'retry', afterMs: 1_000, error })
    assert.equal(await l.claim(), 'b')
    await l.q.advance(1_001)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), '', 'the retry waits for its turn')
    await l.end('b')
    assert.equal(await l.claim(), 'a')
  })

  test('keeps the slot of a job whose worker died, until it has ended', async () => {
    await using l = await lab({ concurrency: 1 })
    await l.submit('a')
    await l.submit('b')
    assert.equal(await l.claim(), 'a')
    await l.dies()
    assert.equal(await l.claim(), 'a', 'with its slot, and b has none yet')
    await l.end('a')
    assert.equal(await l.claim(), 'b')
  })
})

describe('concurrency per key', () => {
  test('holds for each key, and keeps no other waiting', async () => {
    await using l = await lab({ perKey: { concurrency: 1 } })
    for (const name of ['a1', 'a2', 'a3']) await l.submit(name, { key: 'a' })
    await l.submit('b1', { key: 'b' })
    await l.submit('free')
    assert.equal(await l.claim(), 'a1 b1 free')
    assert.equal(await l.claim(), '')
    await l.end('a1')
    assert.equal(await l.claim(), 'a2')
    await l.end('b1')
    assert.equal(await l.claim(), '', 'b has nothing more')
  })

  test('counts the same key of all priorities as one', async () => {
    await using l = await lab({ perKey: { concurrency: 1 } })
    await l.submit('low', { key: 'a', priority: 'low' })
    assert.equal(await l.claim(), 'low')
    await l.submit('high', { key: 'a', priority: 'high' })
    assert.equal(await l.claim(), '')
    await l.end('low')
    assert.equal(await l.claim(), 'high')
  })
})

describe('fifo per key', () => {
  for (const outcome of [
    { kind: 'retry', afterMs: 1_000, error },
    { kind: 'postponed', afterMs: 1_000 },
    { kind: 'postponed', afterMs: 1_000, hasBegun: true },
  ] satisfies Outcome[])
    test(`keeps the order when a job is to come again (${outcome.kind}${'hasBegun' in outcome ? ', begun' : ''}): the others wait for it`, async () => {
      await using l = await lab({ perKey: { order: 'fifo' } })
      for (const name of ['a1', 'a2']) await l.submit(name, { key: 'a' })
      await l.submit('b1', { key: 'b' })
      assert.equal(await l.claim(), 'a1 b1')
      await l.end('a1', outcome)
      assert.equal(await l.claim(), '')
      await l.q.advance(1_001)
      await promote(l.q.db, null)
      assert.equal(await l.claim(), 'a1')
      await l.end('a1')
      assert.equal(await l.claim(), 'a2')
    })

  test('goes on after a dead letter, and after a job that was handed back', async () => {
    await using l = await lab({ perKey: { order: 'fifo' } })
    for (const name of ['a1', 'a2']) await l.submit(name, { key: 'a' })
    assert.equal(await l.claim(), 'a1')
    await l.end('a1', { kind: 'returned' })
    assert.equal(await l.claim(), 'a1', 'itself first')
    await l.end('a1', { kind: 'failed', error, reason: 'attempts' })
    assert.equal(await l.claim(), 'a2')
  })

  test('is the order of commits for jobs submitted in bulk', async () => {
    await using l = await lab({ perKey: { order: 'fifo' } })
    const names = Array.from({ length: 30 }, (_, n) => `n${n}`)
    await l.q.submitMany(
      workOf({ perKey: { order: 'fifo' } }),
      names.map((name) => ({ name })),
      { key: 'a' },
    )
    const seen: string[] = []
    for (const _ of names) {
      const name = await l.claim()
      seen.push(name)
      await l.end(name)
    }
    assert.deepEqual(seen, names)
  })

  test('is the order of submits for transactions that overlap, whichever began to write first', async () => {
    const rules = { perKey: { order: 'fifo' } } as const
    await using l = await lab(rules)
    await l.q.db.transaction(async (tx) => {
      await tx.query('select pg_current_xact_id()') // as one that has written has it
      await l.q.db.outsideTransaction(() => l.submit('x', { key: 'a' }))
      await l.q.submit(workOf(rules), { name: 'y' }, { key: 'a' })
    })
    assert.equal(await l.claim(), 'x')
    await l.end('x')
    assert.equal(await l.claim(), 'y')
  })
})

describe('a fair queue', () => {
  test('lets tenants take turns, however much one of them has', async () => {
    await using l = await lab({ isFair: true })
    for (let n = 0; n < 8; n++) await l.submit(`big${n}`, { tenant: 'big' })
    assert.equal(await l.claim(2), 'big0 big1')
    await l.submit('small0', { tenant: 'small' })
    await l.submit('small1', { tenant: 'small' })
    assert.equal(await l.claim(1), 'small0')
    assert.equal(await l.claim(2), 'small1 big2')
    assert.equal(await l.claim(2), 'big3 big4')
  })

  test('has keys that belong to their tenants: none holds up another one that uses the same', async () => {
    await using l = await lab({ isFair: true, perKey: { order: 'fifo', rate: { count: 1, perMs: 1_000 } } })
    await freeze(l.q)
    // one whose name runs into the key is another one, and so is nobody
    const places = [
      { key: 'k', tenant: 'ada' },
      { key: 'k', tenant: 'bob' },
      { key: 'k', tenant: 'bo b' },
      { key: 'b k', tenant: 'bo' },
      { key: 'k' },
    ]
    for (const [n, place] of places.entries()) await l.submit(`${n}`, place)
    assert.equal(await l.claim(), '0 1 2 3 4')
    for (const [n, place] of places.entries()) await l.submit(`then${n}`, place)
    await l.end('0', { kind: 'retry', afterMs: 60_000, error })
    await l.end('1')
    assert.equal(await l.claim(), '')
    await freeze(l.q, 1_000)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'then1', 'bob waits for his own rate, and not for the retry of ada')
  })

  test('charges each job of a key to its own tenant', async () => {
    await using l = await lab({ isFair: true, perKey: { concurrency: 2 } })
    for (let n = 0; n < 4; n += 1) await l.submit(`a${n}`, { tenant: 'a', key: 'k' })
    for (const name of ['b0', 'b1']) await l.submit(name, { tenant: 'b', key: 'k' })
    assert.equal(await l.claim(3), 'a0 b0 a1')
    await l.end('a0')
    assert.equal(await l.claim(2), 'b1 a2')
  })

  test('counts all keys of a tenant as one', async () => {
    await using l = await lab({ isFair: true, perKey: { concurrency: 1 } })
    for (let n = 0; n < 6; n++) await l.submit(`big${n}`, { tenant: 'big', key: `k${n}` })
    assert.equal(await l.claim(1), 'big0')
    await l.submit('small', { tenant: 'small', key: 'x' })
    assert.equal(await l.claim(2), 'small big1')
  })

  test('serves most of what is of high priority first, and lets nothing starve while there is more of it', async () => {
    await using l = await lab({ isFair: true })
    const left = { high: 1_000, normal: 300, low: 300 }
    for (const priority of PRIORITIES) {
      const jobs = Array.from({ length: left[priority] }, () => ({ name: priority }))
      await l.q.submitMany(workOf({ isFair: true }), jobs, { tenant: 't', priority })
    }
    const drawn = { high: 0, normal: 0, low: 0 }
    for (let n = 0; n < DRAWS; n += 1) drawn[(await l.claim(1)) as Priority] += 1
    // 16 : 4 : 1 on average: 229, 57 and 14 of 300. Chance passes these bounds less than once in a million runs
    assert.ok(drawn.high > 185 && drawn.high < 270, `${drawn.high} of ${DRAWS} were of high priority`)
    assert.ok(drawn.normal > 20 && drawn.normal < 100, `${drawn.normal} were of normal priority`)
    assert.ok(drawn.low > 0 && drawn.low < 45, `${drawn.low} were of low priority`)
  })
})

test('rows that someone removed by hand stop nobody else', async () => {
  await using l = await lab({ perKey: { concurrency: 1 } })
  for (const name of ['a1', 'a2']) await l.submit(name, { key: 'a' })
  await l.submit('b1', { key: 'b' })
  assert.equal(await l.claim(), 'a1 b1')
  await l.q.db.query(`delete from millrace.entry where payload like '%a2%'`)
  await l.end('a1')
  await l.end('b1')
  await l.submit('b2', { key: 'b' })
  await l.submit('c1', { key: 'c' })
  assert.equal(await l.claim(1), 'b2', 'the turn of a found nothing')
  await l.q.db.query(`delete from millrace.flow where (place).key = 'c'`)
  await l.submit('a3', { key: 'a' })
  assert.equal(await l.claim(), 'a3')
})
