/** Rates of governed queues: every start counts, the first one of a job and all that follow. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { random } from '../kernel/ids.ts'
import { error, freeze, lab, workOf } from './governed-test-kit.ts'
import { Lanes } from './lanes.ts'
import { cancelOperation } from './operations.ts'
import { pauseTask, resumeTask } from './pause.ts'
import { promote } from './promote.ts'

describe('a rate', () => {
  test('of a queue allows a burst, then starts spread evenly', async () => {
    await using l = await lab({ rate: { count: 3, perMs: 3_000 } })
    await freeze(l.q)
    for (const name of ['a', 'b', 'c', 'd', 'e']) await l.submit(name)
    assert.equal(await l.claim(), 'a b c')
    assert.equal(await l.claim(), '')
    assert.equal(await l.hasWork(), false)
    await freeze(l.q, 999)
    assert.equal(await l.claim(), '')
    await freeze(l.q, 1_000)
    await promote(l.q.db, null)
    assert.equal(await l.hasWork(), true, 'a timer has said so')
    assert.equal(await l.claim(), 'd')
    await freeze(l.q, 60_000)
    assert.equal(await l.claim(), 'e')
  })

  test('of a key holds for that key alone', async () => {
    await using l = await lab({ perKey: { rate: { count: 1, perMs: 1_000 } } })
    await freeze(l.q)
    for (const name of ['a1', 'a2', 'a3']) await l.submit(name, { key: 'a' })
    await l.submit('b1', { key: 'b' })
    assert.equal(await l.claim(), 'a1 b1')
    await freeze(l.q, 1_000)
    await promote(l.q.db, null)
    assert.equal(await l.hasWork(), true)
    assert.equal(await l.claim(), 'a2')
    assert.equal(await l.claim(), '')
  })
})

describe('a start that is not the first', () => {
  const again = { kind: 'retry', afterMs: 0, error } as const

  test('counts for the rate of the queue, when its key has kept the slot', async () => {
    await using l = await lab({ rate: { count: 2, perMs: 2_000 }, perKey: { order: 'fifo' } })
    await freeze(l.q)
    for (const key of ['a', 'b', 'c']) await l.submit(`${key}1`, { key })
    await l.submit('a2', { key: 'a' })
    assert.equal(await l.claim(), 'a1 b1')
    await l.end('a1', again)
    await l.end('b1', again)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), '', 'the burst is spent')
    assert.equal(await l.hasWork(), false)
    const started: string[] = []
    for (const ms of [1_000, 2_000, 3_000, 4_000]) {
      await freeze(l.q, ms - 1)
      await promote(l.q.db, null)
      assert.equal(await l.claim(), '', `not before ${ms} ms`)
      await freeze(l.q, ms)
      await promote(l.q.db, null)
      assert.equal(await l.hasWork(), true, 'a timer has said so')
      const name = await l.claim()
      started.push(name)
      await l.end(name)
    }
    assert.deepEqual(started, ['a1', 'b1', 'c1', 'a2'], 'those that have their slots go first')
  })

  test('counts for the rate of its key, and keeps no other key waiting', async () => {
    await using l = await lab({ perKey: { order: 'fifo', rate: { count: 1, perMs: 1_000 } } })
    await freeze(l.q)
    for (const name of ['a1', 'a2']) await l.submit(name, { key: 'a' })
    assert.equal(await l.claim(), 'a1')
    await l.end('a1', again)
    await l.submit('b1', { key: 'b' })
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'b1')
    await freeze(l.q, 500)
    await l.end('b1', again)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), '')
    await freeze(l.q, 1_000)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'a1 b1')
    await l.end('a1')
    assert.equal(await l.claim(), '')
    await freeze(l.q, 2_000)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'a2')
  })

  test('counts when the job was handed back after it had begun, and not when it never began', async () => {
    await using l = await lab({ rate: { count: 1, perMs: 1_000 }, concurrency: 5 })
    await freeze(l.q)
    for (const name of ['a', 'b']) await l.submit(name)
    assert.equal(await l.claim(), 'a')
    await l.end('a', { kind: 'returned' })
    assert.equal(await l.claim(), 'a')
    await l.end('a', { kind: 'returned', hasBegun: true })
    assert.equal(await l.claim(), '')
    await freeze(l.q, 1_000)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'a')
  })

  test('waits for no rate when its worker has died, but what comes after it waits for it', async () => {
    for (const [rules, of] of [
      [{ rate: { count: 4, perMs: 4_000 } }, {}],
      [{ perKey: { rate: { count: 4, perMs: 4_000 } } }, { key: 'k' }],
    ] as const) {
      await using l = await lab(rules)
      await freeze(l.q)
      for (const name of ['a', 'b']) await l.submit(name, of)
      assert.equal(await l.claim(), 'a b')
      await l.dies()
      assert.equal(await l.claim(), 'a b')
      await freeze(l.q, 4_000)
      for (const name of ['c', 'd', 'e', 'f']) await l.submit(name, of)
      await l.dies() // they go to quarantine
      assert.equal(await l.claim(2), 'c d a b', 'two of a new burst, and the two that nobody asked for')
      await l.end('a', { kind: 'crashed' })
      await l.end('b', { kind: 'returned', hasBegun: true })
      await freeze(l.q, 6_999)
      await promote(l.q.db, null)
      assert.equal(await l.claim(), 'a b', 'once more, and nothing else')
    }
  })

  test('makes others wait for a burst at most, however many workers have died', async () => {
    await using l = await lab({ rate: { count: 2, perMs: 2_000 } })
    await freeze(l.q)
    for (const name of ['a', 'b', 'c']) await l.submit(name)
    assert.equal(await l.claim(), 'a b')
    await freeze(l.q, 1_000)
    await l.dies()
    assert.equal(await l.claim(), 'a b')
    await l.dies()
    assert.equal(await l.claim(), 'a b')
    await freeze(l.q, 1_999)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), '')
    await freeze(l.q, 2_000)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'c')
  })

  test('gives its slots back when its task is paused while it waits for a rate', async () => {
    await using l = await lab({ concurrency: 1, rate: { count: 1, perMs: 1_000 }, perKey: { order: 'fifo' } })
    await freeze(l.q)
    await l.submit('a1', { key: 'a' })
    assert.equal(await l.claim(), 'a1')
    await l.end('a1', again)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), '')
    await pauseTask(l.q.db, 'work')
    await freeze(l.q, 1_000)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), '')
    await resumeTask(l.q.db, 'work')
    await l.submit('a2', { key: 'a' })
    assert.equal(await l.claim(), 'a1', 'it has its slots again, and none was lost')
    await l.end('a1')
    await freeze(l.q, 2_000)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), 'a2')
  })

  test('that waits for a rate is let go at once when the rate is taken away', async () => {
    const fifo = { perKey: { order: 'fifo' } } as const
    await using l = await lab({ ...fifo, rate: { count: 1, perMs: 3_600_000 } })
    await freeze(l.q)
    await l.submit('a1', { key: 'a' })
    assert.equal(await l.claim(), 'a1')
    await l.end('a1', again)
    await promote(l.q.db, null)
    assert.equal(await l.claim(), '')
    await new Lanes([queue('governed', fifo)]).open(l.q.db)
    assert.equal(await l.hasWork(), true)
    assert.equal(await l.claim(), 'a1')
  })
})

describe('a job that will not start', () => {
  for (const [rules, of] of [
    [{ rate: { count: 2, perMs: 2_000 } }, {}],
    [{ perKey: { rate: { count: 2, perMs: 2_000 } } }, { key: 'k' }],
    [{ rate: { count: 2, perMs: 2_000 }, isFair: true }, { tenant: 't' }],
  ] as const) {
    test(`because it has expired takes nothing from those behind it (${JSON.stringify(rules)})`, async () => {
      await using l = await lab(rules)
      await freeze(l.q)
      for (const n of [1, 2, 3, 4, 5]) await l.q.submit(workOf(rules), { name: `late${n}` }, { ...of, ttlMs: 500 })
      for (const name of ['a', 'b', 'c']) await l.submit(name, of)
      await freeze(l.q, 500)
      assert.equal(await l.claim(4), 'late1 late2 late3 late4', 'as many as the worker has room for')
      assert.equal(await l.claim(), 'late5 a b')
      assert.equal(await l.claim(), '')
    })

    test(`because it was cancelled takes nothing either (${JSON.stringify(rules)})`, async () => {
      await using l = await lab(rules)
      await freeze(l.q)
      const tracked = task('work', { input: workOf(rules).input, queue: queue('governed', rules), tracked: true })
      for (const name of ['x', 'y', 'z']) {
        const { id } = await l.q.submit(tracked, { name }, of)
        await cancelOperation(l.q.db, id)
      }
      for (const name of ['a', 'b', 'c']) await l.submit(name, of)
      assert.equal(await l.claim(), 'x y z a b')
      assert.equal(await l.claim(), '')
    })
  }

  test('has its slot all the same until its worker has ended it', async () => {
    const rules = { rate: { count: 2, perMs: 2_000 }, concurrency: 2 }
    await using l = await lab(rules)
    await freeze(l.q)
    for (const name of ['x', 'y']) await l.q.submit(workOf(rules), { name }, { ttlMs: 500 })
    for (const name of ['a', 'b', 'c']) await l.submit(name)
    await freeze(l.q, 500)
    assert.equal(await l.claim(), 'x y')
    await l.end('x', { kind: 'expired', error })
    assert.equal(await l.claim(), 'a')
    await l.end('y', { kind: 'expired', error })
    assert.equal(await l.claim(), 'b')
    await l.end('a')
    assert.equal(await l.claim(), '', 'the burst is spent')
  })
})

test('no more than twice the count, less one, start within its time, whatever is retried or handed back', async () => {
  const rate = { count: 4, perMs: 1_000 }
  await using l = await lab({ rate, perKey: { order: 'fifo' } })
  await freeze(l.q)
  for (let n = 0; n < 40; n += 1) await l.submit(`${n}`, { key: `k${n % 10}` })
  const starts: number[] = []
  for (let ms = 0; starts.length < 60; ms += Math.ceil(random() * 400)) {
    await freeze(l.q, ms)
    await promote(l.q.db, null)
    for (const name of (await l.claim()).split(' ').filter((found) => found !== '')) {
      starts.push(ms)
      const lot = random()
      if (lot < 0.4) await l.end(name, { kind: 'retry', afterMs: random() * 1_000, error })
      else if (lot < 0.6) await l.end(name, { kind: 'returned', hasBegun: true })
      else await l.end(name)
    }
    assert.ok(ms < 60_000, 'it goes on')
  }
  for (const from of starts) {
    const within = starts.filter((at) => at >= from && at < from + rate.perMs).length
    assert.ok(within < 2 * rate.count, `${within} within a second, from ${from} ms on: ${starts.join(' ')}`)
  }
})
