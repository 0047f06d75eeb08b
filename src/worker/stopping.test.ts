import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock, withDeadline } from '../kernel/clock.ts'
import { getOperation } from '../queue/operations.ts'
import { testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { adding } from './fixture/adding.ts'
import { add } from './fixture/tasks.ts'
import { handlers } from './handler.ts'
import { KEEPER_STOP_MS } from './keeper.ts'

describe('stopping a worker', () => {
  test('finishes what runs, hands back what waits, and spends no attempt', async () => {
    await using q = await testQueue([add])
    const gate = Promise.withResolvers<void>()
    const ran: number[] = []
    const worker = await q.work(
      handlers(
        [
          adding(async ({ input }) => {
            ran.push(input.a)
            await gate.promise
            return { sum: input.a }
          }),
        ],
        { concurrency: { default: 1 } },
      ),
    )
    const jobs = await q.submitMany(add, [
      { a: 1, b: 0 },
      { a: 2, b: 0 },
      { a: 3, b: 0 },
    ])
    await until('the first runs', () => ran.length === 1)
    const stopped = worker.stop({ drainMs: 10_000 })
    gate.resolve()
    await stopped
    const states = await Promise.all(jobs.map(async (job) => (await getOperation(q.db, job.id)).status))
    assert.deepEqual(states, ['succeeded', 'queued', 'queued'])
    const { rows } = await q.db.query('select attempt, crashes from millrace.entry')
    assert.deepEqual(rows, [
      { attempt: 0, crashes: 0 },
      { attempt: 0, crashes: 0 },
    ])
    const left = await q.db.query(
      'select from millrace.lease union all select from millrace.worker where gone_at is null',
    )
    assert.equal(left.rows.length, 0, 'no lease and no worker is left behind')
  })

  test('hands back what is deaf to its signal, and calls it no crash', async () => {
    await using q = await testQueue([add])
    const started = Promise.withResolvers<void>()
    const worker = await q.work(
      handlers([
        adding(() => {
          started.resolve()
          return new Promise(() => {})
        }),
      ]),
    )
    await q.submit(add, { a: 1, b: 1 })
    await started.promise
    await worker.stop({ drainMs: 10 })
    const { rows } = await q.db.query('select attempt, crashes from millrace.entry')
    assert.deepEqual(rows, [{ attempt: 0, crashes: 0 }])
    assert.equal((await q.db.query('select from millrace.lease')).rows.length, 0)
  })

  test('hands back what does not end in time', async () => {
    await using q = await testQueue([add])
    const started = Promise.withResolvers<void>()
    const worker = await q.work(
      handlers([
        adding(({ signal }) => {
          started.resolve()
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        }),
      ]),
    )
    const job = await q.submit(add, { a: 1, b: 1 })
    await started.promise
    await worker.stop({ drainMs: 50 })
    const operation = await getOperation(q.db, job.id)
    assert.equal(operation.status, 'queued')
    const { rows } = await q.db.query('select attempt, crashes from millrace.entry')
    assert.deepEqual(rows, [{ attempt: 0, crashes: 0 }])
  })

  test('ends in time, whatever its housekeeping does', async () => {
    await using q = await testQueue([add])
    const begun = Promise.withResolvers<void>()
    const hanging = () => {
      begun.resolve()
      return new Promise<void>(() => {})
    }
    const worker = await q.work(handlers([adding(async () => ({ sum: 0 }))]), { housekeeping: [hanging] })
    await begun.promise
    const late = () => new Error('it waits for its housekeeping')
    await withDeadline(systemClock, KEEPER_STOP_MS + 5_000, worker.stop({ drainMs: 0 }), late)
    const { rows } = await q.db.query('select from millrace.worker where gone_at is null')
    assert.equal(rows.length, 0, 'it has left, as any that stops')
  })
})
