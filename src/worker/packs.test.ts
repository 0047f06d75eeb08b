/** Jobs that were submitted together travel as one entry, and each still has a fate of its own. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { claim } from '../queue/claim.ts'
import { type ClaimedEntry, type ClaimedJob, jobsOf, PACK_COUNT_MAX } from '../queue/claimed.ts'
import type { Outcome } from '../queue/job.ts'
import { registerWorker, rescue } from '../queue/workers.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { note } from './fixture/tasks.ts'
import { handler, handlers } from './handler.ts'
import { CARVE_MS } from './open-packs.ts'
import { Settler } from './settler.ts'

const succeeded: Outcome = { kind: 'succeeded', result: null }
const error = { code: 'X', message: 'x', at: '2026-01-01T00:00:00.000Z' }

/** So many notes in one entry, claimed. */
async function claimPack(q: TestQueue, count: number): Promise<{ entry: ClaimedEntry; worker: string }> {
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
  await q.submitMany(note, texts(count))
  const entries = await claim(q.db, { lane: q.lanes.get('notes').ready.normal, countMax: 2_000, worker })
  assert.equal(entries.length, 1)
  return { entry: entries[0] as ClaimedEntry, worker }
}

const texts = (count: number): { text: string }[] => Array.from({ length: count }, (_, n) => ({ text: String(n) }))

function settlerOf(q: TestQueue, entry: ClaimedEntry): Settler {
  const settler = new Settler({ db: q.db, clock: systemClock, log: silentLog(), onSettled: () => {} })
  settler.opened([entry])
  return settler
}

/** The texts in a table of the engine, and the leases. */
async function left(q: TestQueue, table: 'entry' | 'deferred' | 'dead'): Promise<readonly string[]> {
  const { rows } = await q.db.query<{ payload: string }>(`select payload from millrace.${table} order by payload`)
  return rows.flatMap(({ payload }) => JSON.parse(payload)).map(({ text }: { text: string }) => text)
}

async function leases(q: TestQueue): Promise<number> {
  return (await q.db.query('select from millrace.lease')).rows.length
}

describe('jobs submitted together', () => {
  test('are one entry, up to PACK_COUNT_MAX of them', async () => {
    await using q = await testQueue([note])
    const jobs = await q.submitMany(note, texts(PACK_COUNT_MAX + 1))
    const { rows } = await q.db.query<{ count: number }>('select count from millrace.entry order by seq')
    assert.deepEqual(rows, [{ count: PACK_COUNT_MAX }, { count: 1 }])
    const worker = newRandomId()
    await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
    const claimed = await claim(q.db, { lane: q.lanes.get('notes').ready.normal, countMax: 2_000, worker })
    assert.deepEqual(
      jobsOf(claimed).map((job) => [job.id, job.entry.inputOf(job.n)]),
      jobs.map((job, n) => [job.id, { text: String(n) }]),
    )
  })

  test('are handed out as many at a time as are asked for, in their order', async () => {
    await using q = await testQueue([note])
    await q.submitMany(note, texts(10))
    const worker = newRandomId()
    await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
    const lane = q.lanes.get('notes').ready.normal
    const take = async (countMax: number, packMax: number): Promise<unknown> =>
      (await claim(q.db, { lane, countMax, packMax, worker })).map((entry) =>
        jobsOf([entry])
          .map((job) => (job.entry.inputOf(job.n) as { text: string }).text)
          .join(''),
      )
    assert.deepEqual(await take(3, 100), ['012'])
    assert.deepEqual(await take(3, 2), ['34', '5'])
    assert.deepEqual(await take(100, 1), ['6', '7', '8', '9'].slice(0, 4))
    assert.deepEqual(await take(100, 100), [])
  })

  test('are settled by one deletion when all have succeeded', async () => {
    await using q = await testQueue([note])
    const { entry } = await claimPack(q, 5)
    const settler = settlerOf(q, entry)
    for (const job of jobsOf([entry])) settler.add(job, succeeded)
    await settler.settled()
    assert.deepEqual([await left(q, 'entry'), await leases(q), entry.isApart], [[], 0, false])
  })

  test('each are durable on their own when the others take longer than CARVE_MS', async () => {
    await using q = await testQueue([note])
    const { entry } = await claimPack(q, 4)
    const settler = settlerOf(q, entry)
    const [first, second, ...slow] = jobsOf(entry ? [entry] : []) as [ClaimedJob, ClaimedJob, ...ClaimedJob[]]
    settler.add(first, succeeded)
    settler.add(second, succeeded)
    await until(`they are gone ${CARVE_MS} ms later`, async () => (await left(q, 'entry')).join() === '2,3')
    assert.equal(await leases(q), 1, 'and the lease names the others still')
    for (const job of slow) settler.add(job, succeeded)
    await settler.settled()
    assert.deepEqual([await left(q, 'entry'), await leases(q)], [[], 0])
  })

  test('fail, are retried and go back alone', async () => {
    await using q = await testQueue([note])
    const { entry } = await claimPack(q, 4)
    const settler = settlerOf(q, entry)
    const outcomes: readonly Outcome[] = [
      { kind: 'failed', error, reason: 'permanent' },
      { kind: 'retry', afterMs: 60_000, error },
      { kind: 'returned' },
      succeeded,
    ]
    for (const [n, job] of jobsOf([entry]).entries()) settler.add(job, outcomes[n] ?? succeeded)
    await settler.settled()
    assert.deepEqual([await left(q, 'dead'), await left(q, 'deferred'), await left(q, 'entry')], [['0'], ['1'], ['2']])
    assert.equal(await leases(q), 0)
  })

  test('of a dead worker go back one by one, those that had ended not among them', async () => {
    await using q = await testQueue([note])
    const { entry } = await claimPack(q, 4)
    const settler = settlerOf(q, entry)
    settler.add(jobsOf([entry])[0] as ClaimedJob, succeeded)
    await until('the end of the first is durable', async () => (await left(q, 'entry')).length === 3)
    await q.advance(15_001)
    const rescued = await rescue(q.db, { expiredToo: true })
    assert.deepEqual(
      rescued.map(({ moved, died }) => ({ moved, died })),
      [{ moved: 3, died: 0 }],
    )
    const { rows } = await q.db.query<{ lane: number; count: number; crashes: number }>(
      'select lane, count, crashes from millrace.entry',
    )
    const back = { lane: q.lanes.get('notes').ready.normal, count: 1, crashes: 1 }
    assert.deepEqual(rows, [back, back, back])
    assert.equal(await leases(q), 0)
  })

  test('keep exotic text as it was given when they are taken apart', async () => {
    await using q = await testQueue([note])
    const exotic = ['nul \0', 'lone \ud800 surrogate', '"quoted", [in] {brackets}', '\u2028 é 🎞']
    await q.submitMany(
      note,
      exotic.map((text) => ({ text })),
    )
    const worker = newRandomId()
    await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
    const lane = q.lanes.get('notes').ready.normal
    const claimed = await claim(q.db, { lane, countMax: 10, packMax: 1, worker })
    assert.deepEqual(
      jobsOf(claimed).map((job) => (job.entry.inputOf(job.n) as { text: string }).text),
      exotic,
    )
  })

  test('can each be completed by a transaction of their own', async () => {
    await using q = await testQueue([note])
    await q.db.query('create table written (text text primary key)')
    const writing = handler(note, async ({ input, transaction }) => {
      await transaction(async (tx) => {
        await tx.query('insert into written values ($1)', [input.text])
      })
    })
    await q.submitMany(note, texts(250))
    await q.work(handlers([{ task: note, load: async () => ({ default: writing }) }]))
    await until('all are written', async () => (await q.db.query('select from written')).rows.length === 250)
    await until('nothing is left', async () => (await left(q, 'entry')).length + (await leases(q)) === 0)
  })
})
