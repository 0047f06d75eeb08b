import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import pg from 'pg'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { note } from '../worker/fixture/tasks.ts'
import { claim } from './claim.ts'
import { type ClaimedJob, jobsOf } from './claimed.ts'
import { listDeadLetters, redrive } from './dead-letters.ts'
import { getOperation } from './operations.ts'
import { claimAll, endAll } from './operators-test-kit.ts'
import { settle } from './settle.ts'
import { CRASHES_MAX, heartbeat, leave, registerWorker, rescue } from './workers.ts'

async function claimed(q: TestQueue): Promise<{ readonly worker: string; readonly jobs: readonly ClaimedJob[] }> {
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
  const lane = q.lanes.get('notes').ready.normal
  return { worker, jobs: jobsOf(await claim(q.db, { lane, countMax: 10, packMax: 1, worker })) }
}

async function declareDead(q: TestQueue, worker: string): Promise<void> {
  await q.db.query('update millrace.worker set gone_at = millrace.now() where id = $1', [worker])
}

/** Claims with a worker that dies of it; answers how many jobs it had. */
async function dieWith(q: TestQueue, lane: number, countMax = 1_000): Promise<number> {
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
  const jobs = jobsOf(await claim(q.db, { lane, countMax, packMax: 100, worker }))
  await declareDead(q, worker)
  await rescue(q.db, { expiredToo: false })
  return jobs.length
}

async function leases(q: TestQueue): Promise<number> {
  return (await q.db.query('select from millrace.lease')).rows.length
}

describe('a worker that was declared dead', () => {
  test('is not brought back by a late heartbeat, and may claim nothing more', async () => {
    await using q = await testQueue([note])
    const { worker } = await claimed(q)
    assert.equal(await heartbeat(q.db, worker, 15_000), true)
    await declareDead(q, worker)
    assert.equal(await heartbeat(q.db, worker, 15_000), false)
    const claiming = claim(q.db, { lane: q.lanes.get('notes').ready.normal, countMax: 10, worker })
    await assert.rejects(claiming, (error: { code?: string }) => error.code === 'MR001')
  })

  test('settles nothing of what was taken from it', async () => {
    await using q = await testQueue([note])
    await q.submit(note, { text: 'a' })
    const { worker, jobs } = await claimed(q)
    await declareDead(q, worker)
    await rescue(q.db, { expiredToo: false })
    const settlements = jobs.map((job) => ({
      entry: job.key,
      isTracked: false,
      outcome: { kind: 'succeeded', result: null } as const,
    }))
    assert.equal(await settle(q.db, { succeeded: [], others: settlements }, []), 1, 'one job was no longer its own')
    assert.equal((await q.db.query('select from millrace.entry')).rows.length, 1)
  })

  test('keeps the lease of a job that it holds in an open transaction, until that has ended', async () => {
    await using q = await testQueue([note])
    await q.submitMany(note, [{ text: 'free' }, { text: 'held' }])
    const { worker, jobs } = await claimed(q)
    const zombie = new pg.Client({ connectionString: q.url })
    await zombie.connect()
    await zombie.query('begin')
    await zombie.query('delete from millrace.entry where id = $1', [jobs[1]?.id])
    await declareDead(q, worker)
    const [first] = await rescue(q.db, { expiredToo: false })
    assert.deepEqual([first?.moved, await leases(q)], [1, 1])
    await zombie.query('rollback')
    await zombie.end()
    const [second] = await rescue(q.db, { expiredToo: false })
    assert.deepEqual([second?.moved, await leases(q)], [1, 0])
  })
})

describe('hundreds of jobs whose worker died', () => {
  const texts = Array.from({ length: 300 }, (_, n) => ({ text: String(n) }))

  test('are all there again for one claim, in their order and with their priority', async () => {
    await using q = await testQueue([note])
    await q.submitMany(note, texts, { priority: 'high' })
    const { ready, quarantine } = q.lanes.get('notes')
    assert.equal(await dieWith(q, ready.high), 300)
    const worker = newRandomId()
    await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
    const again = jobsOf(await claim(q.db, { lane: ready.high, countMax: 1_000, packMax: 100, worker }))
    assert.deepEqual(
      again.map((job) => job.entry.inputOf(job.n)),
      texts,
    )
    assert.deepEqual(new Set(again.map((job) => job.crashes)), new Set([1]))
    assert.equal(await dieWith(q, quarantine), 0)
  })

  test('go to quarantine only as far as the next worker died with them as well', async () => {
    await using q = await testQueue([note])
    await q.submitMany(note, texts)
    const { ready, quarantine } = q.lanes.get('notes')
    assert.equal(await dieWith(q, ready.normal), 300)
    assert.equal(await dieWith(q, ready.normal, 10), 10)
    const { worker, jobs } = await claimed(q)
    assert.equal(jobs.length, 10, 'the others are claimed many at a time')
    assert.equal(jobsOf(await claim(q.db, { lane: quarantine, countMax: 1_000, packMax: 1, worker })).length, 10)
  })
})

describe('a job in quarantine', () => {
  async function quarantined(): Promise<TestQueue> {
    const q = await testQueue([note])
    await q.submit(note, { text: 'a' })
    const { ready } = q.lanes.get('notes')
    for (let deaths = 0; deaths < CRASHES_MAX - 1; deaths += 1) await dieWith(q, ready.normal)
    return q
  }

  const lanes = async (q: TestQueue, table: string) =>
    (await q.db.query<{ lane: number; crashes: number }>(`select lane, crashes from millrace.${table}`)).rows

  test('that fails is tried again there: it may be one that blocks whatever process it is in', async () => {
    await using q = await quarantined()
    const error = { code: 'X', message: 'x', at: 'now' }
    await endAll(q, await claimAll(q, 'notes'), { kind: 'retry', afterMs: 1_000, error })
    assert.deepEqual(await lanes(q, 'deferred'), [{ lane: q.lanes.get('notes').quarantine, crashes: 2 }])
  })

  test('that dies there is redriven into the lane of ordinary jobs, its crashes forgiven', async () => {
    await using q = await quarantined()
    assert.equal(await dieWith(q, q.lanes.get('notes').quarantine), 1)
    const [letter] = await listDeadLetters(q.db, { limit: 5 })
    await redrive(q.db, [letter?.id ?? ''])
    assert.deepEqual(await lanes(q, 'entry'), [{ lane: q.lanes.get('notes').ready.normal, crashes: 0 }])
  })
})

test('a lease that a worker took unawares while it left is rescued', async () => {
  await using q = await testQueue([note])
  await q.submit(note, { text: 'a' })
  const { worker } = await claimed(q)
  await leave(q.db, worker)
  const [rescued] = await rescue(q.db, { expiredToo: false })
  assert.deepEqual([rescued?.moved, await leases(q)], [1, 0])
})

test('redrive brings back the operation of a dead letter that was forgotten meanwhile', async () => {
  const told = { ...note, tracked: true }
  await using q = await testQueue([told])
  const job = await q.submit(told, { text: 'a' })
  const { jobs } = await claimed(q)
  const error = { code: 'X', message: 'x', at: 'now' }
  const outcome = { kind: 'failed', error, reason: 'permanent' } as const
  await settle(q.db, { succeeded: [], others: jobs.map((job) => ({ entry: job.key, isTracked: true, outcome })) }, [])
  await q.db.query('delete from millrace.operation')
  assert.deepEqual(await redrive(q.db, [job.id]), [job.id])
  assert.equal((await getOperation(q.db, job.id)).status, 'queued')
  assert.deepEqual(await listDeadLetters(q.db, { limit: 5 }), [])
})
