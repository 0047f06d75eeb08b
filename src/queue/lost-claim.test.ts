/** A claim whose commit the server lost in a crash: it had answered, and then it had never been. Nothing may be lost by it. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { claim } from './claim.ts'
import { type ClaimedEntry, ClaimedJob } from './claimed.ts'
import { carve, settle } from './settle.ts'
import { registerWorker } from './workers.ts'

const plain = task('plain', { input: z.object({ n: z.number() }) })

/** Ten jobs in one pack, and what a lost claim had made of them. */
async function lost(countMax: number): Promise<{ readonly q: TestQueue; readonly entry: ClaimedEntry }> {
  const q = await testQueue([plain])
  await q.submitMany(
    plain,
    Array.from({ length: 10 }, (_, n) => ({ n })),
  )
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  let entry: ClaimedEntry | undefined
  const undone = new Error('the crash')
  const claiming = q.db.transaction(async (tx) => {
    ;[entry] = await claim(tx, { lane: q.lanes.get('default').ready.normal, countMax, worker })
    throw undone
  })
  await assert.rejects(claiming, undone)
  assert.equal(entry?.count, countMax)
  return { q, entry: entry as ClaimedEntry }
}

async function jobs(q: TestQueue): Promise<number> {
  const { rows } = await q.db.query<{ jobs: number }>('select coalesce(sum(count), 0)::int as jobs from millrace.entry')
  return rows[0]?.jobs ?? -1
}

test('settling a job that it had cut out of a pack leaves the pack alone', async () => {
  const { q, entry } = await lost(1)
  await using _ = q
  assert.equal(await settle(q.db, { succeeded: [new ClaimedJob(entry, 0).key], others: [] }, [entry.lease]), 1)
  assert.equal(await jobs(q), 10)
})

test('settling, or taking apart, a piece of a pack leaves the pack alone', async () => {
  const { q, entry } = await lost(4)
  await using _ = q
  assert.equal(await settle(q.db, { succeeded: [entry], others: [] }, [entry.lease]), 1)
  assert.equal(await carve(q.db, [{ pack: entry, kept: [1, 2] }]), 1)
  assert.equal(await jobs(q), 10)
})
