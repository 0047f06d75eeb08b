/** Submits that share an insert, and share no fate. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { Queryable } from '../data/transaction.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { note } from '../worker/fixture/tasks.ts'
import { HELD_IN_FLIGHT_MAX, MergedAppends } from './merge.ts'
import type { NewJob } from './new-job.ts'
import { noteIn } from './new-job-test-kit.ts'

const jobOf = (q: TestQueue, of?: Partial<NewJob>): NewJob => noteIn(q.lanes.get('notes').ready.normal, of)
const keyed = (q: TestQueue, idempotencyKey: string): NewJob => jobOf(q, { idempotencyKey })
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

/** Inserts that were made, and the first of which fail. */
function counting(q: TestQueue, failures: readonly string[] = []): Queryable & { count: number } {
  const counted = {
    count: 0,
    query: ((statement, values, options) => {
      const failure = failures[counted.count++]
      if (failure !== undefined) return Promise.reject(Object.assign(new Error(failure), { code: failure }))
      return q.db.query(statement, values, options)
    }) as Queryable['query'],
  }
  return counted
}

async function stored(q: TestQueue): Promise<number> {
  const { rows } = await q.db.query<{ n: number }>('select coalesce(sum(count), 0)::integer as n from millrace.entry')
  return rows[0]?.n ?? -1
}

describe('submits that share an insert', () => {
  for (const [kind, of] of [
    ['plain', {}],
    ['tracked', { isTracked: true }],
  ] as const)
    test(`fail alone for what the database refuses of one: ${kind} ones`, async () => {
      await using q = await testQueue([note])
      const merged = new MergedAppends(q.db, q.hints)
      const jobs = Array.from({ length: 40 }, (_, n) =>
        jobOf(q, n === 17 ? { ...of, headers: '{"unique":"\\ud800"}' } : of),
      )
      const ends = await Promise.allSettled(jobs.map((job) => merged.add(job)))
      const failed = ends.flatMap((end, n) => (end.status === 'rejected' ? [[n, end.reason.code]] : []))
      assert.deepEqual([failed, await stored(q)], [[[17, '22P02']], 39])
    })

  test('fail together when the database does not answer any of them, and once', async () => {
    await using q = await testQueue([note])
    const db = counting(q, ['57P01'])
    const merged = new MergedAppends(db, q.hints)
    const ends = await Promise.allSettled([1, 2, 3].map(() => merged.add(jobOf(q, { isTracked: true }))))
    assert.deepEqual([ends.map((end) => end.status), db.count], [['rejected', 'rejected', 'rejected'], 1])
  })

  test('are written again when the database has given them up for another transaction', async () => {
    await using q = await testQueue([note])
    const db = counting(q, ['40P01', '40001'])
    await new MergedAppends(db, q.hints).add(keyed(q, 'k'))
    assert.deepEqual([db.count, await stored(q)], [3, 1])
  })

  test('are given up, too, when that goes on', async () => {
    await using q = await testQueue([note])
    const db = counting(q, Array(9).fill('40P01'))
    await assert.rejects(new MergedAppends(db, q.hints).add(keyed(q, 'k')), code('40P01'))
  })
})

describe('submits of one key', () => {
  test('that come together are one job of one insert', async () => {
    await using q = await testQueue([note])
    const db = counting(q)
    const merged = new MergedAppends(db, q.hints)
    const ids = await Promise.all(Array.from({ length: 1_000 }, () => merged.add(keyed(q, 'k'))))
    assert.deepEqual([new Set(ids).size, db.count, await stored(q)], [1, 1, 1])
  })

  test('have an answer of their own each when the first of them is refused for its data', async () => {
    await using q = await testQueue([note])
    const merged = new MergedAppends(q.db, q.hints)
    const refused = merged.add({ ...keyed(q, 'k'), headers: '"\\ud800"' })
    const second = keyed(q, 'k')
    const others = [merged.add(second), merged.add(keyed(q, 'k'))]
    await assert.rejects(refused, code('22P02'))
    assert.deepEqual(await Promise.all(others), [second.id, second.id])
  })

  test('wait for the one that is under way, whose job may have ended when they came', async () => {
    await using q = await testQueue([note])
    const answered = Promise.withResolvers<void>()
    const db: Queryable = {
      query: async (statement, values, options) => {
        const result = await q.db.query(statement, values, options)
        await answered.promise
        return result as never
      },
    }
    const merged = new MergedAppends(db, q.hints)
    const first = merged.add(keyed(q, 'k'))
    await until('it is stored', async () => (await stored(q)) === 1)
    const second = keyed(q, 'k')
    const later = merged.add(second)
    await q.db.query('delete from millrace.unique_key')
    answered.resolve()
    await first
    assert.equal(await later, second.id)
  })
})

describe('a key that an open transaction holds', () => {
  test('is waited for by its own submits, and keeps no others waiting', async () => {
    await using q = await testQueue([note])
    const merged = new MergedAppends(q.db, q.hints)
    const heldKeys = Array.from({ length: HELD_IN_FLIGHT_MAX + 2 }, (_, n) => `held ${n}`)
    const { held, waiting } = await q.db.transaction(async () => {
      const held: string[] = []
      for (const idempotencyKey of heldKeys) held.push((await q.submit(note, { text: 'a' }, { idempotencyKey })).id)
      return q.db.outsideTransaction(async () => {
        const waiting = heldKeys.map((key) => merged.add(keyed(q, key)))
        await merged.add(keyed(q, 'free, in the same insert'))
        waiting.push(...heldKeys.map((key) => merged.add(keyed(q, key))))
        await merged.add(keyed(q, 'free, in a later one'))
        return { held, waiting }
      })
    })
    assert.deepEqual(await Promise.all(waiting), [...held, ...held])
  })
})
