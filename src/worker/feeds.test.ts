import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { PRIORITIES, type Priority } from '../contract/task.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { claim } from '../queue/claim.ts'
import { registerWorker } from '../queue/workers.ts'
import { testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { PREFETCH_MS } from './feed.ts'
import { openFeeds } from './feeds.ts'
import { adding } from './fixture/adding.ts'
import { add } from './fixture/tasks.ts'
import { handlers } from './handler.ts'

/** Far fewer than there are jobs of high priority, and enough that some of low priority are among them. */
const DRAWS = 300

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

test('while jobs of all priorities wait, a worker begins most of the highest first, and lets none starve', async () => {
  await using q = await testQueue([add])
  const ranks: readonly Priority[] = PRIORITIES
  const waiting = { high: 1_000, normal: 300, low: 300 }
  for (const [a, priority] of ranks.entries()) {
    const inputs = Array.from({ length: waiting[priority] }, () => ({ a, b: 0 }))
    await q.submitMany(add, inputs, { priority })
  }
  const begun: Priority[] = []
  const gate = Promise.withResolvers<void>()
  // jobs that take longer than a worker claims ahead: it draws for each of them
  let workedMs = 0
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + workedMs }
  const slowly = adding(async ({ input }) => {
    if (begun.length === DRAWS) await gate.promise
    else begun.push(ranks[input.a] ?? 'low')
    workedMs += 2 * PREFETCH_MS
    return { sum: 0 }
  })
  await q.work(handlers([slowly], { concurrency: { default: 1 } }), { clock })
  await until('so many have begun', () => begun.length === DRAWS)
  gate.resolve()

  const count = (priority: Priority): number => begun.filter((p) => p === priority).length
  // 16 : 4 : 1 on average: 229, 57 and 14 of 300. Chance passes these bounds less than once in a million runs
  assert.ok(count('high') > 185 && count('high') < 270, `${count('high')} of ${DRAWS} were of high priority`)
  assert.ok(count('normal') > 20 && count('normal') < 100, `${count('normal')} were of normal priority`)
  assert.ok(count('low') > 0 && count('low') < 45, `${count('low')} were of low priority`)
})
