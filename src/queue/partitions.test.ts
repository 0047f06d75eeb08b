/** A queue in partitions: several lanes of each priority, claimed independently of each other. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { hastyClock } from '../testing/hasty-clock.ts'
import { localHints } from '../testing/local-hints.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { handler, handlers } from '../worker/handler.ts'
import { claim } from './claim.ts'
import type { Hints } from './hints.ts'
import { Lanes } from './lanes.ts'
import { PARTITION_MS } from './make-job.ts'
import { openSubmitter } from './submit.ts'
import { registerWorker } from './workers.ts'

const input = z.object({ n: z.number() })
const count = task('count', { input, queue: queue('counts', { partitions: 3 }) })

/** Submits one at a time until every partition has jobs. Answers how many there are. */
async function fill(q: TestQueue): Promise<number> {
  let submitted = 0
  await until('every partition has jobs', async () => {
    await q.submit(count, { n: submitted++ })
    const { rows } = await q.db.query<{ lanes: number }>(
      'select count(distinct lane)::integer as lanes from millrace.entry',
    )
    return rows[0]?.lanes === 3
  })
  return submitted
}

describe('a queue in partitions', () => {
  test('spreads its jobs over them, and each is run once', async () => {
    await using q = await testQueue([count])
    const submitted = await fill(q)
    const ran: number[] = []
    const counting = handler(count, async ({ input: { n } }) => void ran.push(n))
    await q.work(handlers([{ task: count, load: async () => ({ default: counting }) }]))
    await until('all have run', () => ran.length >= submitted)
    assert.deepEqual(
      ran.toSorted((a, b) => a - b),
      Array.from({ length: submitted }, (_, n) => n),
    )
  })

  test('keeps together, in packs, what is submitted together', async () => {
    await using q = await testQueue([count])
    await q.submitMany(
      count,
      Array.from({ length: 1_000 }, (_, n) => ({ n })),
    )
    const { rows } = await q.db.query<{ entries: number }>('select count(*)::integer as entries from millrace.entry')
    assert.ok((rows[0]?.entries ?? 0) < 100, `${rows[0]?.entries} entries hold 1,000 jobs`)
  })

  test('tells its workers of each partition that a bulk submit has written to', async () => {
    await using q = await testQueue([count])
    const partitions = q.lanes.get('counts').partitions.normal
    let nowMs = systemClock.now()
    const clock: Clock = { ...systemClock, now: () => (nowMs += PARTITION_MS) }
    const told = new Set<number>()
    const hints: Hints = { ...localHints(), workIn: (lane) => void told.add(lane) }
    const { submitMany, submitAll } = openSubmitter({ db: q.db, lanes: q.lanes, hints, clock })
    const inputs = Array.from({ length: 20 }, (_, n) => ({ n }))
    for (const submit of [submitMany, submitAll]) {
      told.clear()
      await submit(count, inputs)
      assert.deepEqual([...told].toSorted(), [...partitions].toSorted(), submit.name)
    }
  })

  test('lets one partition be claimed while another one is being claimed', async () => {
    await using q = await testQueue([count])
    await fill(q)
    const [busy = 0, free = 0] = q.lanes.get('counts').partitions.normal
    const worker = newRandomId()
    await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
    await q.db.transaction(async (tx) => {
      await claim(tx, { lane: busy, countMax: 1, worker })
      const claimed = await q.db.outsideTransaction(() => claim(q.db, { lane: free, countMax: 1, worker }))
      assert.equal(claimed.length, 1)
    })
  })

  test('that has fewer of them in a new release is still worked off whole', async () => {
    await using q = await testQueue([count])
    const submitted = await fill(q)
    const now = task('count', { input, queue: queue('counts') })
    const fewer = new Lanes([now.queue])
    await fewer.open(q.db)
    assert.equal(fewer.get('counts').partitionCount, 1)
    assert.deepEqual(fewer.get('counts').partitions, q.lanes.get('counts').partitions)
    let ran = 0
    const counting = handler(now, async () => {
      ran += 1
    })
    await q.work(handlers([{ task: now, load: async () => ({ default: counting }) }]))
    await until('all have run', () => ran === submitted)
  })

  for (const [what, policy] of [
    ['more partitions', { partitions: 3 }],
    ['rules', { concurrency: 2 }],
  ] as const)
    test(`that has ${what} in a new release is worked off by workers of the old one, too`, async () => {
      const then = task('count', { input, queue: queue('counts') })
      await using q = await testQueue([then])
      const ran: number[] = []
      const counting = handler(then, async ({ input: { n } }) => void ran.push(n))
      const old = handlers([{ task: then, load: async () => ({ default: counting }) }])
      await q.work(old, { clock: hastyClock(20) })
      const now = task('count', { input, queue: queue('counts', policy) })
      const lanes = new Lanes([now.queue])
      await lanes.open(q.db)
      let nowMs = systemClock.now()
      const clock: Clock = { ...systemClock, now: () => (nowMs += PARTITION_MS) }
      const { submitMany } = openSubmitter({ db: q.db, lanes, hints: q.hints, clock })
      const inputs = Array.from({ length: 20 }, (_, n) => ({ n }))
      await submitMany(now, inputs)
      await until('all have run', () => ran.length >= inputs.length)
      assert.deepEqual(
        ran.toSorted((a, b) => a - b),
        inputs.map(({ n }) => n),
      )
    })
})
