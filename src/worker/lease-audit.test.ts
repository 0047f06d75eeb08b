import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { claim } from '../queue/claim.ts'
import { jobsOf } from '../queue/claimed.ts'
import { registerWorker } from '../queue/workers.ts'
import { testQueue } from '../testing/test-worker.ts'
import { note } from './fixture/tasks.ts'
import { LeaseAudit } from './lease-audit.ts'

test('jobs of a claim whose answer was lost go back to their queue, and only those', async () => {
  await using q = await testQueue([note])
  const lane = q.lanes.get('notes').ready.normal
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  await q.submitMany(note, [{ text: 'lost' }, { text: 'lost' }])
  await claim(q.db, { lane, countMax: 10, worker }) // its answer is the one that nobody reads
  await q.submit(note, { text: 'known' })
  const [known] = await claim(q.db, { lane, countMax: 10, worker })

  let nowMs = 0
  const clock = { ...systemClock, monotonic: () => nowMs }
  const audit = new LeaseAudit({ db: q.db, clock, worker: () => worker, isKnown: (lease) => lease === known?.lease })
  assert.equal(await audit.look(20_000), 0, 'a claim may still be on its way')
  nowMs = 19_999
  assert.equal(await audit.look(20_000), 0)
  nowMs = 20_000
  assert.equal(await audit.look(20_000), 2)
  assert.equal(await audit.look(20_000), 0, 'once')

  const again = await claim(q.db, { lane, countMax: 10, worker })
  assert.deepEqual(
    jobsOf(again).map((job) => [job.entry.inputOf(job.n), job.attempt, job.crashes]),
    [
      [{ text: 'lost' }, 0, 0],
      [{ text: 'lost' }, 0, 0],
    ],
  )
})
