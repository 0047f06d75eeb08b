import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { testQueue } from '../testing/test-worker.ts'
import { claim } from './claim.ts'
import { carve } from './settle.ts'
import { registerWorker } from './workers.ts'

test('a job that is taken out of a pack keeps all that is known of it', async () => {
  const work = task('work', {
    input: z.object({ n: z.number() }),
    queue: queue('fair', { isFair: true }),
    ttlMs: 60_000,
  })
  await using q = await testQueue([work])
  const jobs = await q.submitMany(work, [{ n: 0 }, { n: 1 }, { n: 2 }], { tenant: 'ada' })
  // no pack of today has these, but an entry may
  await q.db.query(`update millrace.entry set attempt = 2, crashes = 1, errors = '[{"code":"X"}]', holds = true`)
  const known = `select task, tracked, attempt, crashes, headers, errors, place, holds from millrace.entry`
  const before = (await q.db.query(known)).rows
  assert.equal(before.length, 1, 'they are a pack')
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  const lane = q.lanes.get('fair').flow?.intake ?? assert.fail()
  const [pack] = await claim(q.db, { lane, countMax: 5, worker })
  assert.ok(pack !== undefined)
  assert.equal(await carve(q.db, [{ pack, kept: [0, 2] }]), 0)
  assert.deepEqual((await q.db.query(`${known} order by seq`)).rows, [before[0], before[0]])
  const { rows } = await q.db.query('select id, payload, count, pack from millrace.entry order by seq')
  assert.deepEqual(rows, [
    { id: jobs[0]?.id, payload: '{"n":0}', count: 1, pack: null },
    { id: jobs[2]?.id, payload: '{"n":2}', count: 1, pack: null },
  ])
})
