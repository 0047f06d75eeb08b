import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { queue } from '../contract/queue.ts'
import { systemClock } from '../kernel/clock.ts'
import { listDeadLetters, redrive } from '../queue/dead-letters.ts'
import { cancelOperation, getOperation } from '../queue/operations.ts'
import { hastyClock } from '../testing/hasty-clock.ts'
import { ended, type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { adding } from './fixture/adding.ts'
import { add, note } from './fixture/tasks.ts'
import { type Handlers, handlers, PermanentError } from './handler.ts'

/** Runs until its signal fires. */
const untilToldOtherwise = (onStart: () => void): Handlers =>
  handlers([
    adding(({ signal }) => {
      onStart()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }),
  ])

/** What a worker does every two seconds it does five times a second. */
const HASTE = 10
const SLOW = 100

async function isEmpty(q: TestQueue): Promise<boolean> {
  const { rows } = await q.db.query<{ n: string }>(
    'select (select count(*) from millrace.entry) + (select count(*) from millrace.lease) + (select count(*) from millrace.deferred) as n',
  )
  return rows[0]?.n === '0'
}

describe('a worker', () => {
  test('runs a job and keeps its result', async () => {
    await using q = await testQueue([add])
    const job = await q.submit(add, { a: 2, b: 3 })
    await q.work(handlers([adding(async ({ input }) => ({ sum: input.a + input.b }))]))
    const operation = await ended(q, job.id)
    assert.deepEqual([operation.status, operation.result, operation.attempt], ['succeeded', { sum: 5 }, 1])
    await until('nothing is left in the log', () => isEmpty(q))
  })

  test('tells how far a job is, and only while it runs', async () => {
    await using q = await testQueue([add])
    const gate = Promise.withResolvers<void>()
    await q.work(
      handlers([
        adding(async ({ progress }) => {
          progress(0.5, 'half way')
          await gate.promise
          return { sum: 0 }
        }),
      ]),
    )
    const job = await q.submit(add, { a: 1, b: 1 })
    const running = await until('progress is told', async () => {
      const operation = await getOperation(q.db, job.id)
      return operation.progress === null ? undefined : operation
    })
    assert.deepEqual([running.status, running.progress], ['running', { done: 0.5, note: 'half way' }])
    gate.resolve()
    assert.equal((await ended(q, job.id)).status, 'succeeded')
  })

  test('tries again with backoff, then gives up, and keeps every error with the dead letter', async () => {
    await using q = await testQueue([add])
    const times: number[] = []
    await q.work(
      handlers([
        adding(async ({ job }) => {
          times.push(systemClock.monotonic())
          throw new Error(`no ${job.attempt}`)
        }),
      ]),
    )
    const job = await q.submit(add, { a: 1, b: 1 })
    const operation = await ended(q, job.id)
    assert.deepEqual([operation.status, operation.attempt, operation.error?.message], ['failed', 3, 'no 3'])
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 10, 'at least half the first delay lay between the attempts')
    const [letter] = await listDeadLetters(q.db, { limit: 10 })
    assert.deepEqual(
      letter?.errors.map((e) => e.message),
      ['no 1', 'no 2', 'no 3'],
    )
    assert.equal(letter?.reason, 'attempts')
  })

  test('does not try again what its handler calls permanent, and runs it afresh when redriven', async () => {
    await using q = await testQueue([add])
    let isMended = false
    await q.work(
      handlers([
        adding(async () => {
          if (!isMended) throw new PermanentError('TEST_HOPELESS', 'no use')
          return { sum: 7 }
        }),
      ]),
    )
    const job = await q.submit(add, { a: 1, b: 1 })
    const operation = await ended(q, job.id)
    assert.deepEqual([operation.status, operation.attempt, operation.error?.code], ['failed', 1, 'TEST_HOPELESS'])
    isMended = true
    assert.deepEqual(await redrive(q.db, [job.id]), [job.id])
    assert.deepEqual(await redrive(q.db, [job.id]), [], 'a second redrive finds nothing')
    assert.deepEqual((await ended(q, job.id)).result, { sum: 7 })
  })

  test('refuses a result that its schema does not allow', async () => {
    await using q = await testQueue([add])
    await q.work(handlers([adding(async () => ({ sum: 'many' }) as never)]))
    const operation = await ended(q, (await q.submit(add, { a: 1, b: 1 })).id)
    assert.equal(operation.error?.code, 'MILLRACE_WORKER_OUTPUT_INVALID')
  })

  test('keeps a job that no handler of this release runs, and spends no attempt on it', async () => {
    await using q = await testQueue([add, { ...note, queue: queue('default') }])
    await q.work(handlers([adding(async () => ({ sum: 0 }))]))
    await q.submit({ ...note, queue: queue('default') }, { text: 'for later' })
    const { rows } = await until('it is parked', async () => {
      const found = await q.db.query<{ attempt: number }>('select attempt from millrace.parked')
      return found.rows.length === 1 ? found : undefined
    })
    assert.equal(rows[0]?.attempt, 0)
  })
})

describe('a worker that was declared dead by mistake', () => {
  test('drops what it had, comes back under another name and goes on', async () => {
    await using q = await testQueue([add])
    const ran: number[] = []
    await q.work(
      handlers([
        adding(async ({ input }) => {
          ran.push(input.a)
          return { sum: input.a }
        }),
      ]),
      { leaseMs: 1_000 },
    )
    await q.db.query('update millrace.worker set gone_at = millrace.now()')
    const job = await q.submit(add, { a: 1, b: 0 })
    assert.equal((await ended(q, job.id)).status, 'succeeded')
    assert.deepEqual(ran, [1])
    const { rows } = await q.db.query('select gone_at is null as lives from millrace.worker order by started_at')
    assert.deepEqual(rows, [{ lives: false }, { lives: true }])
  })
})

describe('a claim that fails', () => {
  test('leaves no lane of its queue alone: what waits in any of them is found by the next look', async () => {
    await using q = await testQueue([add])
    await q.db.query(`create sequence failures;
      alter function millrace.claim_rules_of(smallint, uuid) rename to claim_rules_kept;
      create function millrace.claim_rules_of(smallint, uuid) returns millrace.claim_rules language plpgsql as $$ begin
        perform nextval('failures'); raise exception 'out of order'; end $$`)
    let ran = 0
    await q.work(
      handlers([
        adding(async () => {
          ran += 1
          return { sum: 0 }
        }),
      ]),
    )
    const failed = async (): Promise<number> =>
      Number(
        (await q.db.query<{ n: string }>('select case when is_called then last_value else 0 end as n from failures'))
          .rows[0]?.n,
      )
    await until('its first claims have failed', async () => (await failed()) >= 2) // ordinary jobs, and quarantined ones
    await q.submit(add, { a: 1, b: 0 }, { priority: 'low' })
    await until('the one that the submit asked for has failed', async () => (await failed()) >= 3)
    await q.db.query(`drop function millrace.claim_rules_of(smallint, uuid);
      alter function millrace.claim_rules_kept(smallint, uuid) rename to claim_rules_of`)
    await until('the job has run', () => ran === 1)
  })
})

describe('deferred jobs', () => {
  test('whose transaction commits after a later one was promoted are promoted as well', async () => {
    await using q = await testQueue([add])
    await q.work(handlers([adding(async ({ input }) => ({ sum: input.a }))]), { clock: hastyClock(HASTE) })
    const release = Promise.withResolvers<void>()
    const late = Promise.withResolvers<string>()
    const committing = q.db.transaction(async () => {
      late.resolve((await q.submit(add, { a: 1, b: 0 }, { delayMs: 1 })).id)
      await release.promise
    })
    const lateId = await late.promise
    const early = await q.submit(add, { a: 2, b: 0 }, { delayMs: 20 })
    assert.equal((await ended(q, early.id)).status, 'succeeded')
    release.resolve()
    await committing
    assert.equal((await ended(q, lateId)).status, 'succeeded')
  })
})

describe('cancelling', () => {
  test('a job that waits never starts', async () => {
    await using q = await testQueue([add])
    let runs = 0
    const job = await q.submit(add, { a: 1, b: 1 })
    assert.equal((await cancelOperation(q.db, job.id)).status, 'cancelled')
    await q.work(
      handlers([
        adding(async () => {
          runs += 1
          return { sum: 0 }
        }),
      ]),
    )
    await until('its entry is gone', () => isEmpty(q))
    assert.deepEqual([runs, (await getOperation(q.db, job.id)).status], [0, 'cancelled'])
  })

  test('a running job is told by its signal', async () => {
    await using q = await testQueue([add])
    const started = Promise.withResolvers<void>()
    await q.work(untilToldOtherwise(started.resolve))
    const job = await q.submit(add, { a: 1, b: 1 })
    await started.promise
    assert.equal((await cancelOperation(q.db, job.id)).status, 'running')
    q.hints.cancelRequested(job.id)
    assert.equal((await ended(q, job.id)).status, 'cancelled')
  })

  test('a running job is told though the hint was lost', async () => {
    await using q = await testQueue([add])
    const started = Promise.withResolvers<void>()
    await q.work(untilToldOtherwise(started.resolve), { clock: hastyClock(HASTE) })
    const job = await q.submit(add, { a: 1, b: 1 })
    await started.promise
    await cancelOperation(q.db, job.id) // whoever asks for it also tells; here nobody does
    assert.equal((await ended(q, job.id)).status, 'cancelled')
  })

  test('a job that has ended stays as it is', async () => {
    await using q = await testQueue([add])
    await q.work(handlers([adding(async () => ({ sum: 1 }))]))
    const job = await q.submit(add, { a: 1, b: 1 })
    await ended(q, job.id)
    assert.equal((await cancelOperation(q.db, job.id)).status, 'succeeded')
  })
})

describe('jobs that wait in a worker behind slow ones', () => {
  test('go back to their queue, and another worker runs them', async () => {
    await using q = await testQueue([add])
    const gate = Promise.withResolvers<void>()
    const ran: string[] = []
    const working = (who: string) =>
      handlers(
        [
          adding(async ({ input }) => {
            ran.push(`${who} ${input.a}`)
            if (input.a === SLOW) await gate.promise
            return { sum: input.a }
          }),
        ],
        { concurrency: { default: 1 } },
      )
    // no faster than that: it measures jobs by this clock, and takes several at a time only when they are quick
    const slow = await q.work(working('slow one'), { clock: hastyClock(4) })
    for (let n = 1; n <= 20; n += 1) await ended(q, (await q.submit(add, { a: n, b: 0 })).id)
    const jobs = await q.submitMany(
      add,
      [SLOW, 101, 102, 103].map((a) => ({ a, b: 0 })),
    )
    await until('the slow job runs', () => ran.includes(`slow one ${SLOW}`))
    await q.work(working('other'))
    for (const job of jobs.slice(1)) assert.equal((await ended(q, job.id)).status, 'succeeded')
    assert.deepEqual(ran.slice(-3).sort(), ['other 101', 'other 102', 'other 103'])
    gate.resolve()
    await ended(q, jobs[0]?.id ?? '')
    await slow.stop({ drainMs: 1_000 })
  })
})
