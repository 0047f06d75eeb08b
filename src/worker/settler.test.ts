import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { Queryable } from '../data/transaction.ts'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type Log, silentLog } from '../kernel/log.ts'
import { claim } from '../queue/claim.ts'
import { type ClaimedEntry, jobsOf } from '../queue/claimed.ts'
import type { Outcome } from '../queue/job.ts'
import { jobErrorOf } from '../queue/operators-test-kit.ts'
import { registerWorker } from '../queue/workers.ts'
import { hastyClock } from '../testing/hasty-clock.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { add, note } from './fixture/tasks.ts'
import { SETTLE_COUNT_MAX, Settler } from './settler.ts'

const succeeded: Outcome = { kind: 'succeeded', result: null }

async function claimed(q: TestQueue, count: number, packMax = 1, task = note): Promise<readonly ClaimedEntry[]> {
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  await q.submitMany(
    task,
    Array.from({ length: count }, (_, n) => ({ text: String(n) })),
  )
  return claim(q.db, { lane: q.lanes.get('notes').ready.normal, countMax: 2_000, packMax, worker })
}

const settlerOver = (db: Queryable): Settler =>
  new Settler({ db, clock: systemClock, log: silentLog(), onSettled: () => {} })

async function left(q: TestQueue): Promise<{ entries: number; leases: number }> {
  const { rows } = await q.db.query<{ entries: number; leases: number }>(
    'select (select count(*) from millrace.entry)::int as entries, (select count(*) from millrace.lease)::int as leases',
  )
  return rows[0] ?? { entries: -1, leases: -1 }
}

describe('a settler', () => {
  test('never closes a lease before the last of its jobs is durable, however its statements overtake one another', async () => {
    await using q = await testQueue([note])
    const entries = await claimed(q, SETTLE_COUNT_MAX + 200)
    const jobs = jobsOf(entries)
    // the first statement is held back; the second, with the lease's last jobs, goes through
    const gate = Promise.withResolvers<void>()
    let statements = 0
    const db: Queryable = {
      query: async (statement, values, options) => {
        statements += 1
        if (statements === 1) await gate.promise
        return q.db.query(statement, values, options)
      },
    }
    const settler = settlerOver(db)
    settler.opened(entries)
    for (const job of jobs.slice(0, SETTLE_COUNT_MAX)) settler.add(job, succeeded)
    await until('the first statement is on its way', () => statements === 1)
    for (const job of jobs.slice(SETTLE_COUNT_MAX)) settler.add(job, succeeded)
    await until('the second has gone through', async () => (await left(q)).entries === SETTLE_COUNT_MAX)
    // a crash here must leave a lease that names what is left
    assert.deepEqual(await left(q), { entries: SETTLE_COUNT_MAX, leases: 1 })
    gate.resolve()
    await settler.settled()
    assert.deepEqual(await left(q), { entries: 0, leases: 0 })
  })

  test('closes the lease of jobs that their own transactions have settled', async () => {
    await using q = await testQueue([note])
    const entries = await claimed(q, 3)
    const jobs = jobsOf(entries)
    const settler = settlerOver(q.db)
    settler.opened(entries)
    await q.db.query('delete from millrace.entry')
    for (const job of jobs) settler.settledElsewhere(job)
    await settler.settled()
    assert.deepEqual(await left(q), { entries: 0, leases: 0 })
  })

  test('does not take for lost what it has settled before a statement that is tried again', async () => {
    await using q = await testQueue([note])
    const entries = await claimed(q, 2)
    const [first, second] = jobsOf(entries)
    assert.ok(first !== undefined && second !== undefined)
    let statements = 0
    const db: Queryable = {
      query: async (statement, values, options) => {
        statements += 1
        if (statements === 2) throw Object.assign(new Error('the database is away'), { code: '57P01' })
        return q.db.query(statement, values, options)
      },
    }
    const warnings: string[] = []
    const log: Log = { ...silentLog(), warn: (...said: readonly unknown[]) => void warnings.push(String(said[1])) }
    const settler = new Settler({ db, clock: hastyClock(100), log, onSettled: () => {} })
    settler.opened(entries)
    settler.add(first, { kind: 'failed', error: jobErrorOf('NO'), reason: 'permanent' })
    settler.add(second, succeeded)
    await settler.settled()
    assert.deepEqual(warnings, ['settling failed; it is tried again'])
    assert.deepEqual(await left(q), { entries: 0, leases: 0 })
  })

  test('goes on as long as the database is away', async () => {
    await using q = await testQueue([note])
    const entries = await claimed(q, 3)
    const jobs = jobsOf(entries)
    let failures = 3
    const db: Queryable = {
      query: async (statement, values, options) => {
        if (failures-- > 0) throw Object.assign(new Error('the database is away'), { code: '57P01' })
        return q.db.query(statement, values, options)
      },
    }
    const settler = settlerOver(db)
    settler.opened(entries)
    for (const job of jobs) settler.add(job, succeeded)
    await settler.settled()
    assert.deepEqual([await left(q), settler.unsettled], [{ entries: 0, leases: 0 }, 0])
  })

  test('an outcome that the database refuses fails alone', async () => {
    const tracked = { ...note, tracked: true }
    await using q = await testQueue([tracked, add])
    const entries = await claimed(q, 5, 1, tracked)
    const jobs = jobsOf(entries)
    const settler = settlerOver(q.db)
    settler.opened(entries)
    for (const [n, job] of jobs.entries()) {
      settler.add(job, n === 2 ? { kind: 'succeeded', result: 'this is no JSON' } : { kind: 'succeeded', result: '1' })
    }
    await settler.settled()
    assert.deepEqual(await left(q), { entries: 0, leases: 0 })
    const { rows } = await q.db.query<{ id: string; reason: string }>('select id, reason from millrace.dead')
    assert.deepEqual(rows, [{ id: jobs[2]?.id, reason: 'permanent' }])
  })
})
