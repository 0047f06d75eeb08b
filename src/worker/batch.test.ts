import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { getOperation } from '../queue/operations.ts'
import { ended, type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { type BatchAttempt, batchHandler } from './batch.ts'
import { type Handlers, handler, handlers } from './handler.ts'

const letter = task('letter', {
  input: z.object({ to: z.string() }),
  output: z.object({ sent: z.string() }),
  retry: { attempts: 1 },
})
const index = task('index', { input: z.object({ n: z.number() }) })

function letters(
  run: (batch: BatchAttempt<typeof letter>) => ReturnType<Parameters<typeof batchHandler<typeof letter>>[1]>,
  countMax = 10,
): Handlers {
  return handlers([
    { task: letter, load: async () => ({ default: batchHandler(letter, run) }), batch: { countMax, waitMs: 20 } },
  ])
}

const submitLetters = (q: TestQueue, ...names: readonly string[]) =>
  q.submitMany(
    letter,
    names.map((to) => ({ to })),
  )

describe('a batch handler', () => {
  test('is given what came together, and answers for each job', async () => {
    await using q = await testQueue([letter])
    const sizes: number[] = []
    const jobs = await submitLetters(q, 'a', 'b', 'c')
    await q.work(
      letters(async ({ items }) => {
        sizes.push(items.length)
        return items.map(({ input }) => ({ sent: input.to }))
      }),
    )
    for (const [n, job] of jobs.entries())
      assert.deepEqual((await ended(q, job.id)).result, { sent: ['a', 'b', 'c'][n] })
    assert.deepEqual(sizes, [3])
  })

  test('may fail one job and not the others', async () => {
    await using q = await testQueue([letter])
    const jobs = await submitLetters(q, 'good', 'bad')
    await q.work(
      letters(async ({ items }) =>
        items.map(({ input: { to } }) => (to === 'bad' ? new Error('no such street') : { sent: to })),
      ),
    )
    const [good, bad] = await Promise.all(jobs.map((job) => ended(q, job.id)))
    assert.deepEqual([good?.status, bad?.status, bad?.error?.message], ['succeeded', 'failed', 'no such street'])
  })

  test('fails all of them with what it throws, or when it does not answer for each', async () => {
    await using q = await testQueue([letter])
    const jobs = await submitLetters(q, 'a', 'b')
    let call = 0
    await q.work(
      letters(async () => {
        call += 1
        if (call === 1) throw new Error('the post is closed')
        return []
      }),
    )
    for (const job of jobs) assert.equal((await ended(q, job.id)).error?.message, 'the post is closed')
    const [later] = await submitLetters(q, 'c')
    assert.equal((await ended(q, later?.id ?? '')).error?.code, 'MILLRACE_WORKER_BATCH_UNEVEN')
  })

  test('completes its jobs in a transaction of its own, all but those that failed', async () => {
    await using q = await testQueue([letter])
    await q.db.query('create table posted (name text primary key)')
    const jobs = await submitLetters(q, 'a', 'bad', 'c')
    await q.work(
      letters(({ items, transaction }) =>
        transaction(async (tx) => {
          const good = items.map(({ input }) => input.to).filter((to) => to !== 'bad')
          await tx.query('insert into posted select unnest($1::text[])', [good])
          return items.map(({ input: { to } }) => (to === 'bad' ? new Error('no such street') : { sent: to }))
        }),
      ),
    )
    const ends = await Promise.all(jobs.map((job) => ended(q, job.id)))
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['succeeded', 'failed', 'succeeded'],
    )
    const { rows } = await q.db.query('select name from posted order by name')
    assert.deepEqual(rows, [{ name: 'a' }, { name: 'c' }])
    await until('nothing is left', async () => (await q.db.query('select from millrace.lease')).rows.length === 0)
  })

  test('leaves nothing when its transaction fails', async () => {
    await using q = await testQueue([letter])
    await q.db.query('create table posted (name text primary key)')
    const jobs = await submitLetters(q, 'a', 'a')
    await q.work(
      letters(({ items, transaction }) =>
        transaction(async (tx) => {
          for (const { input } of items) await tx.query('insert into posted values ($1)', [input.to])
          return items.map(({ input }) => ({ sent: input.to }))
        }),
      ),
    )
    for (const job of jobs) assert.equal((await ended(q, job.id)).status, 'failed')
    assert.equal((await q.db.query('select from posted')).rows.length, 0)
  })

  test('takes one slot for a batch: more jobs run at once than the queue has slots', async () => {
    await using q = await testQueue([index])
    const sizes: number[] = []
    await q.submitMany(
      index,
      Array.from({ length: 250 }, (_, n) => ({ n })),
    )
    const indexing = batchHandler(index, async ({ items }) => {
      sizes.push(items.length)
      return undefined
    })
    const batch = { countMax: 100, waitMs: 50 }
    await q.work(
      handlers([{ task: index, load: async () => ({ default: indexing }), batch }], { concurrency: { default: 1 } }),
    )
    await until('all are done', () => sizes.reduce((sum, size) => sum + size, 0) === 250)
    assert.ok(Math.max(...sizes) > 10, `batches of ${sizes.join()}`)
  })

  test('keeps each job its own cancellation', async () => {
    await using q = await testQueue([letter])
    const told: string[] = []
    const [kept, cancelled] = await submitLetters(q, 'kept', 'cancelled')
    await q.work(
      letters(async ({ items }) => {
        await q.db.query('update millrace.operation set cancel_requested_at = now() where id = $1', [cancelled?.id])
        q.hints.cancelRequested(cancelled?.id ?? '')
        await until('one is told', () => items.some((item) => item.signal.aborted))
        for (const { input, signal } of items) if (signal.aborted) told.push(input.to)
        return items.map(({ input, signal }) => (signal.aborted ? new Error('stopped') : { sent: input.to }))
      }),
    )
    assert.equal((await ended(q, kept?.id ?? '')).status, 'succeeded')
    await until('it is cancelled', async () => (await getOperation(q.db, cancelled?.id ?? '')).status === 'cancelled')
    assert.deepEqual(told, ['cancelled'])
  })

  test('is refused with bounds that are none', () => {
    const load = async () => ({ default: batchHandler(letter, async () => []) })
    for (const batch of [
      { countMax: 1, waitMs: 5 },
      { countMax: 5, waitMs: -1 },
      { countMax: 5_000, waitMs: 5 },
    ])
      assert.throws(() => handlers([{ task: letter, load, batch }]), /the batches of letter/)
    const plain = { task: index, load: async () => ({ default: handler(index, async () => {}) }) }
    const mixed = () => handlers([{ task: letter, load, batch: { countMax: 5, waitMs: 5 } }, plain])
    assert.throws(mixed, /share their queue with index/)
  })
})
