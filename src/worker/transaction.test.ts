import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { Database } from '../data/database.ts'
import type { Queryable } from '../data/transaction.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { getOperation } from '../queue/operations.ts'
import { claimAll } from '../queue/operators-test-kit.ts'
import { settleWithin } from '../queue/settle.ts'
import { rescue } from '../queue/workers.ts'
import { ended, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { deposit, note } from './fixture/tasks.ts'
import { type HandlerEntry, handler, handlers } from './handler.ts'

describe('a handler with a transaction', () => {
  const depositing: HandlerEntry = { task: deposit, load: () => import('./fixture/deposit.ts') }
  const table = 'create table deposit (job uuid not null, amount integer not null check (amount > 0))'

  test('commits its effect, its completion and the jobs that it submits together', async () => {
    await using q = await testQueue([deposit, note])
    await q.db.query(table)
    await q.work(handlers([depositing]))
    const job = await q.submit(deposit, { amount: 5, submits: 2 })
    assert.deepEqual((await ended(q, job.id)).result, { amount: 5 })
    const { rows } = await q.db.query('select job, amount from deposit')
    assert.deepEqual(rows, [{ job: job.id, amount: 5 }])
    const notes = await q.db.query('select task from millrace.entry')
    assert.deepEqual(notes.rows, [{ task: 'note' }, { task: 'note' }])
    await until('the lease is closed', async () => (await q.db.query('select from millrace.lease')).rows.length === 0)
  })

  test('tells whoever follows the job as soon as it has committed', async () => {
    await using q = await testQueue([deposit, note])
    await q.db.query(table)
    const gate = Promise.withResolvers<void>()
    const slow = handler(deposit, async ({ input, transaction }) => {
      await gate.promise
      return transaction(async () => ({ amount: input.amount }))
    })
    const statesWhenTold: Promise<string>[] = []
    q.hints.listenForJobs(({ operations }) => {
      if (operations === 'all') return
      for (const id of operations) statesWhenTold.push(getOperation(q.db, id).then((operation) => operation.status))
    })
    await q.work(handlers([{ task: deposit, load: async () => ({ default: slow }) }]))
    await q.submit(deposit, { amount: 5 })
    await until('its start was told', async () => (await Promise.all(statesWhenTold)).includes('running'))
    gate.resolve()
    await until('its end is told', async () => (await Promise.all(statesWhenTold)).includes('succeeded'), 5_000)
  })

  test('leaves nothing when it fails', async () => {
    await using q = await testQueue([deposit, note])
    await q.db.query(table)
    await q.work(handlers([depositing]))
    const job = await q.submit(deposit, { amount: -5, submits: 2 })
    assert.equal((await ended(q, job.id)).status, 'failed')
    const { rows } = await q.db.query(
      'select (select count(*) from deposit) + (select count(*) from millrace.entry) as n',
    )
    assert.equal(rows[0]?.['n'], '0')
  })

  test('commits nothing when its job was given to another worker meanwhile', async () => {
    await using q = await testQueue([deposit, note])
    await q.db.query(table)
    const started = Promise.withResolvers<void>()
    const rescued = Promise.withResolvers<void>()
    let lost: unknown
    const slow = handler(deposit, async ({ input, job, transaction }) => {
      started.resolve()
      await rescued.promise
      return transaction(async (tx) => {
        await tx.query('insert into deposit (job, amount) values ($1, $2)', [job.id, input.amount])
        return { amount: input.amount }
      }).catch((error: unknown) => {
        lost = error
        throw error
      })
    })
    await q.work(handlers([{ task: deposit, load: async () => ({ default: slow }) }]))
    await q.submit(deposit, { amount: 5 })
    await started.promise
    await q.db.query('update millrace.worker set gone_at = millrace.now()')
    await rescue(q.db, { expiredToo: false })
    rescued.resolve()
    await until('the zombie learns it', () => lost)
    assert.equal((lost as { code?: string }).code, 'MILLRACE_QUEUE_LEASE_LOST')
    const { rows } = await q.db.query('select from deposit')
    assert.equal(rows.length <= 1, true, 'only the new attempt may have deposited')
  })
})

test('a transaction finds its job by the index, also when its statement was planned while the log was nearly empty', async () => {
  await using q = await testQueue([note])
  const db = new Database({ url: q.url, poolMax: 1, applicationName: 'handlers', clock: systemClock, log: silentLog() })
  await q.db.query('vacuum analyze millrace.entry')
  for (let n = 0; n < 10; n += 1) await q.submit(note, { text: String(n) })
  const jobs = await claimAll(q, 'notes')
  const readWhole = async (of: Queryable) => {
    await of.query('select pg_stat_force_next_flush()')
    const { rows } = await q.db.query<{ count: string }>(
      "select seq_scan as count from pg_stat_user_tables where schemaname = 'millrace' and relname = 'entry'",
    )
    return rows[0]?.count
  }
  const before = await readWhole(q.db)
  for (const job of jobs) await db.transaction(async (tx) => settleWithin(tx, job, null))
  assert.equal(await readWhole(db), before)
  await db.end()
})
