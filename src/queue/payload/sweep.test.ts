import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../../contract/task.ts'
import { systemClock } from '../../kernel/clock.ts'
import { newRandomId } from '../../kernel/ids.ts'
import { until } from '../../testing/until.ts'
import { claim } from '../claim.ts'
import { registerWorker } from '../workers.ts'
import { type PayloadQueue, payloadQueue } from './payload-test-kit.ts'
import { INLINE_BYTES_MAX } from './payloads.ts'
import { jobOf } from './store.ts'
import { ORPHAN_MS, payloadHousekeeping, SWEEP_MS, sweepPayloads, TRANSACTION_MS } from './sweep.ts'

const big = task('big', { input: z.object({ text: z.string() }) })
const input = { text: 'x'.repeat(INLINE_BYTES_MAX) }
const later = { ...systemClock, now: () => systemClock.now() + ORPHAN_MS + 60_000 }

/** As if ORPHAN_MS had gone by since all blobs were written. */
function sweep(t: PayloadQueue, parts: Partial<Parameters<typeof sweepPayloads>[0]> = {}): Promise<number> {
  return sweepPayloads({ db: t.q.db, store: t.store, clock: later, signal: new AbortController().signal, ...parts })
}

const keptJobs = async (t: PayloadQueue): Promise<readonly string[]> => (await t.kept()).map(jobOf)

async function rolledBack(t: PayloadQueue): Promise<void> {
  const rollBack = t.q.db.transaction(async () => {
    await t.side().submit(big, input)
    throw new Error('back')
  })
  await assert.rejects(rollBack, /back/)
}

describe('the sweep', () => {
  test('removes the blob of a job that was rolled back, but not while it is young', async () => {
    await using t = await payloadQueue([big])
    await rolledBack(t)
    assert.deepEqual([await sweep(t, { clock: systemClock }), (await t.kept()).length], [0, 1])
    assert.deepEqual([await sweep(t), await t.kept()], [1, []])
  })

  test('leaves what a job needs: waiting, leased, deferred, parked or dead', async () => {
    await using t = await payloadQueue([big])
    const side = t.side()
    const { db, lanes } = t.q
    const leased = await side.submit(big, input)
    const worker = newRandomId()
    await registerWorker(db, { id: worker, leaseMs: 15_000 })
    await claim(db, { lane: lanes.get('default').ready.normal, countMax: 10, worker })
    const waiting = await side.submit(big, input)
    const deferred = await side.submit(big, input, { delayMs: 600_000 })
    const [dead, parked] = await side.submitMany(big, [input, input])
    const columns = 'id, lane, task, tracked, attempt, crashes, payload'
    await db.query(
      `with gone as (delete from millrace.entry where id = $1 returning *)
       insert into millrace.dead (${columns}, reason, died_at) select ${columns}, 'attempts', now() from gone`,
      [dead?.id],
    )
    await db.query(
      `with gone as (delete from millrace.entry where id = $1 returning *)
       insert into millrace.parked (${columns}, version, why, parked_at) select ${columns}, 1, 'paused', now() from gone`,
      [parked?.id],
    )
    const needed = [leased, waiting, deferred, dead, parked].map((job) => job?.id).sort()
    assert.deepEqual([await sweep(t), await keptJobs(t)], [0, needed])
    for (const table of ['entry', 'deferred', 'dead', 'parked']) await db.query(`delete from millrace.${table}`)
    assert.deepEqual([await sweep(t), await t.kept()], [5, []])
  })

  test('removes nothing while an old transaction is open: it may yet bring the job', async () => {
    await using t = await payloadQueue([big])
    await rolledBack(t)
    await t.q.db.transaction(async () => {
      const { id } = await t.side().submit(big, input)
      await t.q.db.outsideTransaction(async () => {
        await t.q.advance(TRANSACTION_MS + 60_000)
        assert.equal(await sweep(t), 0)
        assert.ok((await keptJobs(t)).includes(id))
      })
    })
    assert.deepEqual([await sweep(t), (await t.kept()).length], [1, 1], 'then only what was rolled back goes')
  })

  test('of one database leaves the blobs of others in the same store alone', async () => {
    await using mine = await payloadQueue([big])
    await using other = await payloadQueue([big], mine.folder)
    await other.q.db.query('update millrace.payload_place set name = gen_random_uuid()')
    const job = await other.side().submit(big, input)
    await rolledBack(mine)
    assert.deepEqual([await sweep(mine), await mine.kept(), await keptJobs(other)], [1, [], [job.id]])
  })

  test('looks for the few jobs that it needs by an index, however long the log', async () => {
    await using t = await payloadQueue([big])
    const { rows } = await t.q.db.query<{ 'QUERY PLAN': string }>(
      `explain select from millrace.entry e where e.id = gen_random_uuid() and e.payload ^@ '{"$millrace":{"blob":'`,
    )
    assert.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /entry_blob/)
  })

  test('ends early when the process stops', async () => {
    await using t = await payloadQueue([big])
    await rolledBack(t)
    assert.deepEqual([await sweep(t, { signal: AbortSignal.abort() }), (await t.kept()).length], [0, 1])
  })

  test('as housekeeping is done every SWEEP_MS, however often it is asked', async () => {
    await using t = await payloadQueue([big])
    let now = 0
    const clock = { ...later, monotonic: () => now }
    const tidy = payloadHousekeeping({ db: t.q.db, store: t.store, clock, signal: new AbortController().signal })
    await tidy()
    await rolledBack(t)
    await tidy()
    assert.equal((await t.kept()).length, 1)
    now = SWEEP_MS
    await tidy()
    await until('it is gone', async () => (await t.kept()).length === 0)
  })
})
