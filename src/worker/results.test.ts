/** Waiting for the result of a job, from a process that runs none itself. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { openHints } from '../queue/hints.ts'
import { cancelOperation } from '../queue/operations.ts'
import { openResults, type ResultOf } from '../queue/results.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { adding } from './fixture/adding.ts'
import { add, note } from './fixture/tasks.ts'
import { handlers, PermanentError } from './handler.ts'

/** `resultOf` as another process has it: with hints of its own. */
async function elsewhere(q: TestQueue): Promise<{ readonly resultOf: ResultOf } & AsyncDisposable> {
  const parts = { clock: systemClock, log: silentLog() }
  const hints = openHints({ url: q.url, ...parts })
  await hints.start(AbortSignal.timeout(5_000))
  return {
    resultOf: openResults({ db: q.db, hints, ...parts }),
    [Symbol.asyncDispose]: () => hints.stop({ drainMs: 0 }),
  }
}

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

describe('the result of a job', () => {
  test('is awaited from another process, and typed by the output schema', async () => {
    await using q = await testQueue([add])
    await using other = await elsewhere(q)
    await q.work(handlers([adding(async ({ input }) => ({ sum: input.a + input.b }))]))
    const job = await q.submit(add, { a: 2, b: 3 })
    const { sum } = await other.resultOf(add, job)
    assert.equal(sum, 5)
    assert.equal((await other.resultOf(add, job.id)).sum, 5, 'and again, long after its end')
  })

  test('of a job that fails is its error', async () => {
    await using q = await testQueue([add])
    await using other = await elsewhere(q)
    const job = await q.submit(add, { a: 2, b: 3 })
    const waiting = other.resultOf(add, job)
    waiting.catch(() => {})
    await q.work(
      handlers([
        adding(async () => {
          throw new PermanentError('NO_SUM', 'there is none')
        }),
      ]),
    )
    await assert.rejects(
      waiting,
      (error: Error) => code('MILLRACE_QUEUE_JOB_FAILED')(error) && /NO_SUM/.test(error.message),
    )
  })

  test('of a job that is cancelled says so', async () => {
    await using q = await testQueue([add])
    await using other = await elsewhere(q)
    const job = await q.submit(add, { a: 2, b: 3 })
    const refused = assert.rejects(other.resultOf(add, job), code('MILLRACE_QUEUE_JOB_CANCELLED'))
    await cancelOperation(q.db, job.id)
    await refused
  })

  test('is not waited for longer than asked, nor past the signal', async () => {
    await using q = await testQueue([add])
    await using other = await elsewhere(q)
    const job = await q.submit(add, { a: 2, b: 3 })
    await assert.rejects(other.resultOf(add, job, { timeoutMs: 5 }), code('MILLRACE_QUEUE_RESULT_LATE'))
    const reason = new Error('enough')
    await assert.rejects(other.resultOf(add, job, { signal: AbortSignal.abort(reason) }), reason)
  })

  test('is refused inside a transaction, which it would wait for', async () => {
    await using q = await testQueue([add])
    await using other = await elsewhere(q)
    const waiting = q.db.transaction(async () => other.resultOf(add, await q.submit(add, { a: 1, b: 1 })))
    await assert.rejects(waiting, code('MILLRACE_QUEUE_RESULT_INSIDE'))
  })

  test('of a job that nobody follows is refused', async () => {
    await using q = await testQueue([add])
    await using other = await elsewhere(q)
    await assert.rejects(
      other.resultOf(add, '01900000-0000-7000-8000-000000000000'),
      code('MILLRACE_QUEUE_OPERATION_UNKNOWN'),
    )
    await assert.rejects(other.resultOf(add, 'no id at all'), code('MILLRACE_QUEUE_OPERATION_UNKNOWN'))
    await assert.rejects(cancelOperation(q.db, 'no id at all'), code('MILLRACE_QUEUE_OPERATION_UNKNOWN'))
  })

  test('of a task that is not tracked is refused for that', async () => {
    await using q = await testQueue([note])
    await using other = await elsewhere(q)
    const job = await q.submit(note, { text: 'a' })
    await assert.rejects(other.resultOf(note, job), code('MILLRACE_QUEUE_RESULT_UNTRACKED'))
  })
})
