import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import type { Queryable } from '../data/transaction.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { listDeadLetters } from './dead-letters.ts'
import { getOperation } from './operations.ts'
import { bury, claimAll, endAll, jobErrorOf, rowsIn } from './operators-test-kit.ts'
import { promote } from './promote.ts'
import { PER_SECOND_MAX, PER_SECOND_MIN, REDRIVE_BLOCK_MAX, redriveMatching } from './redrive.ts'

const input = z.object({ n: z.number() })
const mail = task('mail.send', { input, queue: 'mail' })
const tracked = task('mail.tracked', { input, queue: 'mail', tracked: true })
const governed = task('import.row', {
  input,
  queue: queue('imports', { concurrency: 2, perKey: { order: 'fifo' } }),
  key: () => 'one',
})

async function buried(count: number): Promise<TestQueue> {
  const q = await testQueue([mail, tracked, governed])
  await q.submitMany(
    mail,
    Array.from({ length: count }, (_, n) => ({ n })),
  )
  while (await rowsIn(q, 'entry')) await bury(q, 'mail')
  return q
}

/** Milliseconds between one due time and the next. */
async function gapsOf(q: TestQueue): Promise<readonly number[]> {
  const { rows } = await q.db.query<{ ms: number }>(
    'select extract(epoch from due_at)::float8 * 1000 as ms from millrace.deferred order by due_at',
  )
  return rows.slice(1).map(({ ms }, n) => Math.round(ms - (rows[n]?.ms ?? 0)))
}

describe('a redrive of many', () => {
  test('takes those that are meant, oldest first, block by block, and tells how far it is', async () => {
    await using q = await buried(REDRIVE_BLOCK_MAX + 5)
    const letters = await listDeadLetters(q.db, { limit: 10_000 })
    const told: number[] = []
    const report = await redriveMatching(q.db, { task: 'mail.send' }, { onProgress: (count) => told.push(count) })
    assert.deepEqual(report, { count: REDRIVE_BLOCK_MAX + 5, lastDueAt: null })
    assert.deepEqual([...new Set(told)], [REDRIVE_BLOCK_MAX, REDRIVE_BLOCK_MAX + 5])
    const jobs = await claimAll(q, 'mail', 2_000)
    assert.deepEqual(
      jobs.map((job) => job.id),
      letters.map((letter) => letter.id).toReversed(),
    )
  })

  test('leaves those alone that are not meant', async () => {
    await using q = await buried(2)
    assert.deepEqual(await redriveMatching(q.db, { code: 'OTHER' }), { count: 0, lastDueAt: null })
    assert.equal(await rowsIn(q, 'dead'), 2)
  })

  test('does not take again what dies again meanwhile; the next call does', async () => {
    await using q = await buried(3)
    const dyingAtOnce: Queryable = {
      async query(statement, values, options) {
        const answer = await q.db.query(statement, values, options)
        if (typeof statement === 'string' && statement.startsWith('-- redrive.sql')) await bury(q, 'mail')
        return answer as never
      },
    }
    assert.equal((await redriveMatching(dyingAtOnce, {})).count, 3)
    assert.equal(await rowsIn(q, 'dead'), 3)
    assert.equal((await redriveMatching(q.db, {})).count, 3)
  })

  test('makes one job of each letter when two run at once', async () => {
    await using q = await buried(REDRIVE_BLOCK_MAX * 2)
    const reports = await Promise.all([1, 2, 3].map(() => redriveMatching(q.db, {})))
    assert.equal(
      reports.reduce((sum, { count }) => sum + count, 0),
      REDRIVE_BLOCK_MAX * 2,
    )
    assert.equal(await rowsIn(q, 'entry'), REDRIVE_BLOCK_MAX * 2)
  })

  test('that is ended half way has lost nothing, and the next one does the rest', async () => {
    await using q = await buried(REDRIVE_BLOCK_MAX + 1)
    const ending = new AbortController()
    const first = await redriveMatching(q.db, {}, { onProgress: () => ending.abort(), signal: ending.signal })
    assert.equal(first.count, REDRIVE_BLOCK_MAX)
    assert.equal(await rowsIn(q, 'dead'), 1)
    assert.equal((await redriveMatching(q.db, {})).count, 1)
    assert.equal(await rowsIn(q, 'entry'), REDRIVE_BLOCK_MAX + 1)
  })
})

describe('a redriven job that had a unique key', () => {
  const under = { uniqueKey: 'k' }

  test('has it again, and gives it back when it ends', async () => {
    await using q = await testQueue([mail])
    const { id } = await q.submit(mail, { n: 1 }, under)
    await bury(q, 'mail')
    await redriveMatching(q.db, {})
    assert.equal((await q.submit(mail, { n: 2 }, under)).id, id)
    await endAll(q, await claimAll(q, 'mail'), { kind: 'succeeded', result: null })
    assert.equal((await q.submit(mail, { n: 3 }, under)).isNew, true)
  })

  test('runs without it when another job has it, which keeps it', async () => {
    await using q = await testQueue([mail])
    for (const n of [1, 2]) {
      await q.submit(mail, { n }, under)
      await bury(q, 'mail')
    }
    const { id } = await q.submit(mail, { n: 3 }, under)
    await redriveMatching(q.db, {})
    const jobs = await claimAll(q, 'mail')
    assert.equal(jobs.length, 3)
    await endAll(
      q,
      jobs.filter((job) => job.id !== id),
      { kind: 'succeeded', result: null },
    )
    assert.equal((await q.submit(mail, { n: 4 }, under)).id, id)
  })

  test('shares it with none of those that are redriven with it: the oldest has it', async () => {
    await using q = await testQueue([mail])
    const ids: string[] = []
    for (const n of [1, 2]) {
      ids.push((await q.submit(mail, { n }, under)).id)
      await bury(q, 'mail')
    }
    assert.equal((await redriveMatching(q.db, {})).count, 2)
    assert.equal((await q.submit(mail, { n: 3 }, under)).id, ids[0])
  })
})

describe('a redrive at a rate', () => {
  test('gives each letter its time at once, evenly, over all blocks', async () => {
    await using q = await buried(REDRIVE_BLOCK_MAX + 5)
    const { count, lastDueAt } = await redriveMatching(q.db, {}, { perSecond: 50 })
    assert.deepEqual([count, await rowsIn(q, 'deferred'), await rowsIn(q, 'entry')], [REDRIVE_BLOCK_MAX + 5, count, 0])
    assert.deepEqual(new Set(await gapsOf(q)), new Set([20]))
    const { rows } = await q.db.query<{ last: Date }>('select max(due_at) as last from millrace.deferred')
    assert.equal(lastDueAt?.getTime(), rows[0]?.last.getTime())
  })

  test('lets no more than that come due', async () => {
    await using q = await buried(100)
    await redriveMatching(q.db, {}, { perSecond: 10 })
    await promote(q.db, null)
    const atOnce = await rowsIn(q, 'entry')
    await q.advance(5_000)
    await promote(q.db, null)
    const { length } = await claimAll(q, 'mail')
    assert.ok(atOnce <= 10, `${atOnce} at once`)
    assert.ok(length >= 50 && length <= 60, `${length} after five seconds and a little`)
  })

  test('says of tracked jobs that they are scheduled, and queued when they are due', async () => {
    await using q = await testQueue([mail, tracked])
    const { id } = await q.submit(tracked, { n: 1 })
    await bury(q, 'mail')
    await redriveMatching(q.db, { ids: [id] }, { perSecond: 1 })
    assert.equal((await getOperation(q.db, id)).status, 'scheduled')
    await promote(q.db, null)
    assert.equal((await getOperation(q.db, id)).status, 'queued')
  })

  test('is refused outside its bounds, and nothing is redriven', async () => {
    await using q = await buried(1)
    for (const perSecond of [0, -1, PER_SECOND_MIN / 2, PER_SECOND_MAX + 1, Number.NaN])
      await assert.rejects(redriveMatching(q.db, {}, { perSecond }), (error: unknown) =>
        isMillraceError(error, 'MILLRACE_QUEUE_ARGUMENT_INVALID'),
      )
    assert.equal(await rowsIn(q, 'dead'), 1)
    for (const perSecond of [PER_SECOND_MIN, PER_SECOND_MAX]) await redriveMatching(q.db, {}, { perSecond })
  })
})

describe('a redrive into a queue with rules', () => {
  for (const perSecond of [undefined, 1_000]) {
    test(`keeps its limits and the order of its keys${perSecond === undefined ? '' : ', at a rate as well'}`, async () => {
      await using q = await testQueue([governed])
      for (let n = 0; n < 3; n++) {
        await q.submit(governed, { n })
        const jobs = await claimAll(q, 'imports')
        await endAll(q, jobs, { kind: 'failed', error: jobErrorOf('X'), reason: 'permanent' })
      }
      await redriveMatching(q.db, { queue: 'imports' }, perSecond === undefined ? {} : { perSecond })
      await q.advance(1_000)
      await promote(q.db, null)
      const ran: unknown[] = []
      for (let jobs = await claimAll(q, 'imports'); jobs.length > 0; jobs = await claimAll(q, 'imports')) {
        assert.equal(jobs.length, 1, 'one of a key at a time')
        ran.push(...jobs.map((job) => job.entry.inputOf(0)))
        await endAll(q, jobs, { kind: 'succeeded', result: null })
      }
      assert.deepEqual(ran, [{ n: 0 }, { n: 1 }, { n: 2 }])
    })
  }
})
