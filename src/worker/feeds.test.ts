import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { claim } from '../queue/claim.ts'
import { registerWorker } from '../queue/workers.ts'
import { testQueue } from '../testing/test-worker.ts'
import { openFeeds } from './feeds.ts'
import { adding } from './fixture/adding.ts'
import { add } from './fixture/tasks.ts'
import { handlers } from './handler.ts'

test('the jobs of a quarantine lane are taken and run one at a time, however quick they are', async () => {
  await using q = await testQueue([add])
  const started: { readonly isQuarantined: boolean; readonly ended: () => void }[] = []
  let nowMs = 0
  const feeds = openFeeds({
    contract: q.contract,
    handlers: handlers([adding(async () => ({ sum: 0 }))], { concurrency: { default: 50 } }),
    lanes: q.lanes,
    runtime: { ...q, blobs: undefined as never, log: silentLog(), clock: { ...systemClock, monotonic: () => nowMs } },
    start: (_job, isQuarantined, ended) => started.push({ isQuarantined, ended }),
    onFree: () => {},
  })
  const { ready, quarantine } = q.lanes.get('default')
  const feed = feeds.find(({ sources }) => sources.some(({ lane }) => lane === quarantine))
  assert.ok(feed !== undefined)
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  await q.submitMany(
    add,
    [1, 2, 3].map((a) => ({ a, b: 0 })),
  )
  const entries = await claim(q.db, { lane: ready.normal, countMax: 3, packMax: 1, worker })
  assert.equal(entries.length, 3)

  for (const [n, entry] of entries.entries()) {
    assert.deepEqual([feed.room, feed.packMax], [1, 1])
    feed.add([entry])
    assert.equal(feed.room, 0, 'nothing is taken while one runs')
    assert.equal(started[n]?.isQuarantined, true)
    nowMs += 0.01
    started[n]?.ended()
  }
})
