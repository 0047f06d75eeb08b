/** The examples of docs/retries.md. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { type Task, task } from 'millrace'
import { handler, handlers, PermanentError, RetryLater } from 'millrace/worker'
import { z } from 'zod'
import { ended, type TestQueue, testQueue } from '../../src/testing/test-worker.ts'
import { until } from '../../src/testing/until.ts'

const order = z.object({ order: z.string() })

// example: policy
const chargeCard = task('card.charge', {
  input: z.object({ order: z.string() }),
  tracked: true,
  retry: {
    attempts: 8,
    firstDelayMs: 2_000,
    delayMsMax: 10 * 60_000,
    forError: (error) => {
      if (error.name === 'CardDeclined') return 'permanent'
      if (error.name === 'BankClosed') return { afterMs: 60 * 60_000 }
      return undefined
    },
  },
})
// end of example

// example: limits
const sendCode = task('code.send', {
  input: z.object({ phone: z.string() }),
  tracked: true,
  ttlMs: 60_000, // nobody waits longer for a code
})
const makeReport = task('report.make', {
  input: z.object({ month: z.string() }),
  tracked: true,
  timeoutMs: 10 * 60_000, // one attempt
  jobTimeoutMs: 60 * 60_000, // all of them, and the waits between them
})
// end of example

const run = <T extends Task>(of: T, work: (input: never, attempt: number) => Promise<unknown>) =>
  handlers([
    {
      task: of,
      load: async () => ({
        default: handler(of, (async (attempt: { input: never; job: { attempt: number } }) =>
          work(attempt.input, attempt.job.attempt)) as never),
      }),
    },
  ])

/** How long the only job that waits will do so, in whole minutes. */
function minutesLeft(q: TestQueue): Promise<number> {
  return until('it waits', async () => {
    const { rows } = await q.db.query<{ minutes: number }>(
      'select round(extract(epoch from due_at - millrace.now()) / 60)::float8 as minutes from millrace.deferred',
    )
    return rows[0]?.minutes
  })
}

describe('the policy of the page', () => {
  test('does not charge a card twice that was declined', async () => {
    await using q = await testQueue([chargeCard])
    await q.work(
      run(chargeCard, async () => {
        throw Object.assign(new Error('no money'), { name: 'CardDeclined' })
      }),
    )
    const { status, attempt } = await ended(q, (await q.submit(chargeCard, { order: 'a' })).id)
    assert.deepEqual([status, attempt], ['failed', 1])
  })

  test('waits an hour for a bank that is closed', async () => {
    await using q = await testQueue([chargeCard])
    await q.work(
      run(chargeCard, async () => {
        throw Object.assign(new Error('come back'), { name: 'BankClosed' })
      }),
    )
    await q.submit(chargeCard, { order: 'a' })
    assert.equal(await minutesLeft(q), 60)
  })
})

test('a handler says itself that no attempt can help', async () => {
  const check = async (input: { order: string }): Promise<void> => {
    // example: permanent
    if (input.order === '') throw new PermanentError('ORDER_EMPTY', 'there is no such order')
    // end of example
  }
  await using q = await testQueue([chargeCard])
  await q.work(run(chargeCard, check))
  const { error, attempt } = await ended(q, (await q.submit(chargeCard, { order: '' })).id)
  assert.deepEqual([error?.code, attempt], ['ORDER_EMPTY', 1])
})

test('a handler says itself when to try again, and what it spends', async () => {
  const watch = task('report.watch', { input: order, tracked: true, retry: { attempts: 1 } })
  const states = ['pending', 'done']
  const look = async (): Promise<void> => {
    const report = { status: states.shift() }
    // example: later
    if (report.status === 'pending') throw new RetryLater(30_000, { spendsAttempt: false })
    // end of example
  }
  await using q = await testQueue([watch])
  await q.work(run(watch, look))
  const job = await q.submit(watch, { order: 'a' })
  await until('it waits', async () => (await q.db.query('select from millrace.deferred')).rows.length === 1)
  await q.advance(31_000)
  const { status, attempt } = await ended(q, job.id)
  assert.deepEqual([status, attempt], ['succeeded', 1])
})

test('a remote service is left alone for as long as it says', async () => {
  const server = createServer((_, response) => response.writeHead(503, { 'retry-after': '600' }).end())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const pay = async (): Promise<void> => {
    // example: remote
    const response = await fetch(url, { method: 'POST' })
    if (!response.ok) throw Object.assign(new Error(`the bank says ${response.status}`), { response })
    // end of example
  }
  await using q = await testQueue([chargeCard])
  await q.work(run(chargeCard, pay))
  await q.submit(chargeCard, { order: 'a' })
  assert.equal(await minutesLeft(q), 10)
  server.closeAllConnections()
  server.close()
})

describe('the limits of the page', () => {
  test('a code that comes too late is not sent', async () => {
    await using q = await testQueue([sendCode])
    const { submit } = q
    // example: ttl
    const job = await submit(sendCode, { phone: '+49 30 1234' }, { ttlMs: 30_000 })
    // end of example
    await q.advance(31_000)
    await q.work(run(sendCode, () => assert.fail('nobody wants it any more')))
    assert.equal((await ended(q, job.id)).error?.code, 'MILLRACE_QUEUE_EXPIRED')
  })

  test('a report is given up when its hour is over', async () => {
    await using q = await testQueue([makeReport])
    const job = await q.submit(makeReport, { month: '2026-01' })
    await q.advance(60 * 60_000)
    await q.work(run(makeReport, () => assert.fail('it is too late')))
    assert.equal((await ended(q, job.id)).error?.code, 'MILLRACE_QUEUE_JOB_TIMEOUT')
  })
})
