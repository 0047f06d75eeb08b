/** Jobs that nobody wants for ever. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { LIFE_MS_MAX, type Task, task } from '../contract/task.ts'
import { listDeadLetters, redrive } from '../queue/dead-letters.ts'
import { cancelOperation } from '../queue/operations.ts'
import { ended, type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import type { Attempt } from './attempt.ts'
import { type Handlers, handler, handlers, RetryLater } from './handler.ts'

const MINUTE = 60_000
const input = z.object({ n: z.number() })
const output = z.object({ n: z.number() })
const fresh = task('fresh', { input, output, ttlMs: MINUTE, retry: { attempts: 2, firstDelayMs: 10 * MINUTE } })
const bounded = task('bounded', {
  input,
  output,
  jobTimeoutMs: MINUTE,
  retry: { attempts: 3, firstDelayMs: 1, delayMsMax: 10 * MINUTE },
})

const working = <T extends Task>(of: T, run: (attempt: Attempt<T>) => Promise<unknown>): Handlers =>
  handlers([{ task: of, load: async () => ({ default: handler(of, run as never) }) }])
const echo = async ({ input }: { readonly input: unknown }): Promise<unknown> => input

async function count(q: TestQueue, table: string): Promise<number> {
  return Number((await q.db.query<{ n: string }>(`select count(*) as n from millrace.${table}`)).rows[0]?.n)
}

describe('a job with a time to live', () => {
  test('that has not begun within it fails without running, and leaves no dead letter', async () => {
    await using q = await testQueue([fresh])
    const job = await q.submit(fresh, { n: 1 })
    await q.advance(MINUTE + 1)
    await q.work(working(fresh, () => assert.fail('it must not run')))
    const { status, error, attempt, startedAt } = await ended(q, job.id)
    assert.deepEqual([status, error?.code, attempt, startedAt], ['failed', 'MILLRACE_QUEUE_EXPIRED', 0, null])
    assert.match(error?.message ?? '', /60000 ms/)
    await until('nothing is left', async () => (await count(q, 'entry')) + (await count(q, 'lease')) === 0)
    assert.equal(await count(q, 'dead'), 0)
  })

  test('runs when it begins in time, counted from when it is due', async () => {
    await using q = await testQueue([fresh])
    const soon = await q.submit(fresh, { n: 1 }, { delayMs: 10 * MINUTE })
    const late = await q.submit(fresh, { n: 2 }, { delayMs: 9 * MINUTE })
    await q.advance(10 * MINUTE + MINUTE / 2)
    await q.work(working(fresh, echo))
    assert.equal((await ended(q, soon.id)).status, 'succeeded')
    assert.equal((await ended(q, late.id)).error?.code, 'MILLRACE_QUEUE_EXPIRED')
  })

  test('may be given another one by its submit', async () => {
    await using q = await testQueue([fresh])
    const long = await q.submit(fresh, { n: 1 }, { ttlMs: 2 * MINUTE })
    const short = await q.submit(fresh, { n: 2 }, { ttlMs: 1_000 })
    await q.advance(MINUTE + 1)
    await q.work(working(fresh, echo))
    assert.equal((await ended(q, long.id)).status, 'succeeded')
    assert.match((await ended(q, short.id)).error?.message ?? '', /1000 ms/)
    for (const ttlMs of [0, Number.NaN, LIFE_MS_MAX + 1])
      await assert.rejects(q.submit(fresh, { n: 1 }, { ttlMs }), { code: 'MILLRACE_QUEUE_OPTION_INVALID' })
  })

  test('has it from when it is due when it is debounced, too', async () => {
    await using q = await testQueue([fresh])
    const { id } = await q.submit(fresh, { n: 1 }, { debounce: { key: 'a', waitMs: 10 * MINUTE } })
    await q.advance(11 * MINUTE + 1)
    await q.work(working(fresh, echo))
    assert.equal((await ended(q, id)).error?.code, 'MILLRACE_QUEUE_EXPIRED')
  })

  test('is retried when it had begun in time, however late that is', async () => {
    await using q = await testQueue([fresh])
    const q1 = await q.submit(fresh, { n: 1 })
    await q.work(
      working(fresh, async ({ job, input }) => {
        if (job.attempt === 1) throw new Error('again, please')
        return input
      }),
    )
    await until('it waits for its retry', async () => (await count(q, 'deferred')) === 1)
    await q.advance(20 * MINUTE)
    assert.deepEqual([(await ended(q, q1.id)).status], ['succeeded'])
  })

  test('goes on later when its handler says so, however late that is', async () => {
    await using q = await testQueue([fresh])
    const job = await q.submit(fresh, { n: 1 })
    let runs = 0
    await q.work(
      working(fresh, async ({ input }) => {
        runs += 1
        if (runs === 1) throw new RetryLater(10 * MINUTE, { spendsAttempt: false })
        return input
      }),
    )
    await until('it waits', async () => (await count(q, 'deferred')) === 1)
    await q.advance(20 * MINUTE)
    const { status, attempt } = await ended(q, job.id)
    assert.deepEqual([status, attempt], ['succeeded', 1])
  })

  test('is not dropped when a worker died under it: it may have begun', async () => {
    await using q = await testQueue([fresh])
    const job = await q.submit(fresh, { n: 1 })
    await q.db.query('update millrace.entry set crashes = 1')
    await q.advance(MINUTE + 1)
    await q.work(working(fresh, echo))
    assert.equal((await ended(q, job.id)).status, 'succeeded')
  })

  test('gives back its slot in a governed queue', async () => {
    const narrow = task('narrow', { input, output, queue: queue('narrow', { concurrency: 1 }) })
    await using q = await testQueue([narrow])
    const late = await Promise.all([1, 2, 3].map((n) => q.submit(narrow, { n }, { ttlMs: MINUTE })))
    await q.advance(MINUTE + 1)
    const good = await q.submit(narrow, { n: 4 })
    await q.work(working(narrow, echo))
    assert.equal((await ended(q, good.id)).status, 'succeeded')
    for (const { id } of late) assert.equal((await ended(q, id)).error?.code, 'MILLRACE_QUEUE_EXPIRED')
  })

  test('expires alone, one by one, in a pack as well', async () => {
    const untold = task('untold', { input, ttlMs: MINUTE })
    await using q = await testQueue([untold])
    await q.submitMany(
      untold,
      Array.from({ length: 150 }, (_, n) => ({ n })),
    )
    await q.advance(MINUTE + 1)
    await q.work(working(untold, () => assert.fail('it must not run')))
    await until('nothing is left', async () => (await count(q, 'entry')) + (await count(q, 'lease')) === 0)
    assert.equal(await count(q, 'dead'), 0)
  })
})

describe('a job with a time limit', () => {
  test('has its attempt cut short when its time is up', async () => {
    const hasty = task('hasty', { input, output, jobTimeoutMs: 300, timeoutMs: 10 * MINUTE })
    await using q = await testQueue([hasty])
    await q.work(
      working(
        hasty,
        ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ),
    )
    const { error, attempt } = await ended(q, (await q.submit(hasty, { n: 1 })).id)
    assert.deepEqual([error?.code, attempt], ['MILLRACE_QUEUE_JOB_TIMEOUT', 1])
    const [letter] = await listDeadLetters(q.db, { limit: 1 })
    assert.deepEqual([letter?.reason, letter?.attempt], ['attempts', 1])
  })

  test('fails at once when its next attempt could not begin in time, and says what went wrong last', async () => {
    const doomed = task('doomed', {
      input,
      output,
      jobTimeoutMs: MINUTE,
      retry: { attempts: 9, firstDelayMs: 5 * MINUTE },
    })
    await using q = await testQueue([doomed])
    await q.work(
      working(doomed, async () => {
        throw new Error('the mill is dry')
      }),
    )
    const { error } = await ended(q, (await q.submit(doomed, { n: 1 })).id)
    assert.equal(error?.code, 'MILLRACE_QUEUE_JOB_TIMEOUT')
    assert.match(error?.message ?? '', /60000 ms after it was due; its last attempt failed: the mill is dry/)
  })

  test('fails without running when it is too late; redriven, it has all of its time again', async () => {
    await using q = await testQueue([bounded])
    const job = await q.submit(bounded, { n: 1 })
    await q.advance(MINUTE + 1)
    await q.work(working(bounded, echo))
    const { error, attempt } = await ended(q, job.id)
    assert.deepEqual([error?.code, attempt], ['MILLRACE_QUEUE_JOB_TIMEOUT', 0])
    const [letter] = await listDeadLetters(q.db, { limit: 1 })
    assert.deepEqual([letter?.attempt, letter?.errors.length], [0, 1])
    await redrive(q.db, [job.id])
    assert.equal((await ended(q, job.id)).status, 'succeeded')
  })

  test('counts it from when the job is due', async () => {
    await using q = await testQueue([bounded])
    const job = await q.submit(bounded, { n: 1 }, { delayMs: 10 * MINUTE })
    await q.advance(10 * MINUTE + MINUTE / 2)
    await q.work(working(bounded, echo))
    assert.equal((await ended(q, job.id)).status, 'succeeded')
  })

  test('is cancelled, and no dead letter, when that was asked for before', async () => {
    await using q = await testQueue([bounded])
    const job = await q.submit(bounded, { n: 1 })
    await cancelOperation(q.db, job.id)
    await q.advance(MINUTE + 1)
    await q.work(working(bounded, echo))
    await until('its entry is gone', async () => (await count(q, 'entry')) === 0)
    assert.equal(await count(q, 'dead'), 0)
    assert.equal((await ended(q, job.id)).status, 'cancelled')
  })
})

test('a job without limits has no headers', async () => {
  const plain = task('plain', { input })
  await using q = await testQueue([plain])
  await q.submit(plain, { n: 1 })
  assert.deepEqual((await q.db.query('select headers from millrace.entry')).rows, [{ headers: null }])
})
