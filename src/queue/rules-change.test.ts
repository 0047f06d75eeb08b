/** The rules of a queue are changed by a new release while its jobs wait and run. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { type QueuePolicy, queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { handler, handlers } from '../worker/handler.ts'
import { claim } from './claim.ts'
import { type ClaimedJob, jobsOf } from './claimed.ts'
import type { Outcome } from './job.ts'
import { Lanes } from './lanes.ts'
import { settle } from './settle.ts'
import { registerWorker, rescue } from './workers.ts'

const input = z.object({ name: z.string() })
const workOf = (rules: QueuePolicy) => task('work', { input, queue: queue('governed', rules) })

interface Lab extends AsyncDisposable {
  readonly q: TestQueue
  claim(countMax?: number, from?: 'flow' | 'ready' | 'quarantine'): Promise<readonly ClaimedJob[]>
  end(jobs: readonly ClaimedJob[], outcome?: Outcome): Promise<void>
  /** A release with these rules starts. */
  release(rules: QueuePolicy): Promise<void>
}

async function lab(rules: QueuePolicy): Promise<Lab> {
  const q = await testQueue([workOf(rules)])
  const { flow, ready, quarantine } = q.lanes.get('governed')
  return {
    q,
    async claim(countMax = 100, from = 'flow') {
      const worker = newRandomId()
      await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
      const lane = { flow: flow?.flow ?? 0, ready: ready.normal, quarantine }[from]
      return jobsOf(await claim(q.db, { lane, isGoverned: from === 'flow', countMax, packMax: 1, worker }))
    },
    async end(jobs, outcome = { kind: 'succeeded', result: null }) {
      const others = jobs.map((job) => ({ entry: job.key, isTracked: false, outcome }))
      assert.equal(await settle(q.db, { succeeded: [], others }, []), 0)
    },
    release: (next) => new Lanes([queue('governed', next)]).open(q.db),
    [Symbol.asyncDispose]: () => q[Symbol.asyncDispose](),
  }
}

const SUCCEEDED = { kind: 'succeeded', result: null } as const

const names = (jobs: readonly ClaimedJob[]): string =>
  jobs.map((job) => (job.entry.inputOf(job.n) as { name: string }).name).join(' ')

describe('new rules of a queue', () => {
  test('leak no slot of jobs that came under the old ones', async () => {
    const limited = { concurrency: 2, perKey: { concurrency: 1 } }
    await using l = await lab(limited)
    for (const name of ['a', 'b', 'c']) await l.q.submit(workOf(limited), { name })
    await l.end(await l.claim())
    await l.release({ rate: { count: 1_000, perMs: 1_000 } })
    await l.q.submit(workOf(limited), { name: 'd' })
    const both = await l.claim()
    assert.equal(names(both), 'c d', 'one that needs its slot and one that does not, in one claim')
    await l.end(both)
    await l.release(limited)
    for (const name of ['e', 'f']) await l.q.submit(workOf(limited), { name })
    assert.equal(names(await l.claim()), 'e f')
  })

  test('hold for what waits in a queue that had none, and for what processes still submit that do not know them', async () => {
    await using q = await testQueue([workOf({})])
    const rules = { concurrency: 2 }
    await q.submitMany(
      workOf({}),
      Array.from({ length: 250 }, (_, n) => ({ name: `${n}` })),
    )
    await q.submit(workOf({}), { name: 'urgent' }, { priority: 'high' })
    const lanes = new Lanes([queue('governed', rules)])
    await lanes.open(q.db)
    await q.submit(workOf({}), { name: 'from an old process' })
    const { ready, flow } = lanes.get('governed')
    const worker = newRandomId()
    await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
    for (const lane of [ready.high, ready.normal, ready.low])
      for (let n = 0; n < 20; n += 1) assert.deepEqual(await claim(q.db, { lane, countMax: 20, worker }), [])

    const seen: string[] = []
    for (;;) {
      const jobs = jobsOf(await claim(q.db, { lane: flow?.flow ?? 0, isGoverned: true, countMax: 100, worker }))
      if (jobs.length === 0) break
      assert.ok(jobs.length <= 2, `${jobs.length} at a time`)
      seen.push(...jobs.map((job) => names([job])))
      const others = jobs.map((job) => ({ entry: job.key, isTracked: false, outcome: SUCCEEDED }))
      assert.equal(await settle(q.db, { succeeded: [], others }, []), 0)
    }
    const normal = [...Array.from({ length: 250 }, (_, n) => `${n}`), 'from an old process']
    assert.deepEqual(
      seen.filter((name) => name !== 'urgent'),
      normal,
      'all of them, in their order',
    )
    assert.equal(seen.length, normal.length + 1)
  })

  test('give a slot to each job that had come before they asked for one, in packs as well, and take it back', async () => {
    const fair = { isFair: true }
    await using l = await lab(fair)
    await l.q.submitMany(
      workOf(fair),
      Array.from({ length: 6 }, (_, n) => ({ name: `${n}` })),
      { tenant: 't' },
    )
    assert.equal(names(await l.claim(1)), '0', 'all have been received')
    await l.release({ isFair: true, concurrency: 2 })
    const two = await l.claim()
    assert.equal(names(two), '1 2')
    assert.equal(names(await l.claim()), '')
    await l.end(two.slice(0, 1))
    const next = await l.claim()
    assert.equal(names(next), '3')
    await l.end(two.slice(1))
    await l.end(next)
    assert.equal(names(await l.claim()), '4 5')
  })

  test('are kept to the last job by a worker, which gives back each slot that a job has only had since', async () => {
    const fair = { isFair: true }
    await using l = await lab(fair)
    const inputs = Array.from({ length: 6 }, (_, n) => ({ name: `${n}` }))
    await l.q.submitMany(workOf(fair), inputs, { tenant: 't' })
    assert.equal(names(await l.claim(1)), '0', 'all have been received')
    await l.release({ isFair: true, concurrency: 1 })
    const ran: string[] = []
    const noting = handler(workOf(fair), async ({ input: { name } }) => void ran.push(name))
    await l.q.work(handlers([{ task: workOf(fair), load: async () => ({ default: noting }) }]))
    await until('all but the one that was claimed have run', () => ran.length === 5)
  })

  test('let go at once what a slower rate held up, of a key and of the queue', async () => {
    const slow = { count: 1, perMs: 3_600_000 }
    for (const [rules, next] of [
      [{ perKey: { rate: slow } }, { concurrency: 100 }],
      [{ perKey: { rate: slow } }, { perKey: { rate: { count: 100, perMs: 1_000 } } }],
      [{ rate: slow }, { rate: { count: 100, perMs: 1_000 } }],
    ] as const) {
      await using l = await lab(rules)
      const key = 'perKey' in rules ? { key: 'k' } : {}
      for (const name of ['a', 'b', 'c']) await l.q.submit(workOf(rules), { name }, key)
      assert.equal(names(await l.claim()), 'a')
      await l.release(next)
      assert.equal(names(await l.claim()), 'b c', JSON.stringify(next))
    }
  })

  test('starve nobody who had his turn far ahead in a fair queue', async () => {
    const fair = { isFair: true }
    await using l = await lab(fair)
    for (let n = 0; n < 60; n += 1) await l.q.submit(workOf(fair), { name: `big${n}` }, { tenant: 'big' })
    assert.equal((await l.claim(50)).length, 50)
    await l.release({ concurrency: 10_000 })
    const seen: string[] = []
    for (let n = 0; n < 8; n += 1) {
      for (const part of ['a', 'b']) await l.q.submit(workOf({ concurrency: 10_000 }), { name: `new${n}${part}` })
      seen.push(names(await l.claim(1)))
    }
    assert.ok(
      seen.some((name) => name.startsWith('big')),
      seen.join(' '),
    )
  })
})

test('a quarantined job of a governed queue that is handed back stays in quarantine', async () => {
  const rules = { concurrency: 5 }
  await using l = await lab(rules)
  await l.q.submit(workOf(rules), { name: 'poison' })
  for (const from of ['flow', 'ready'] as const) {
    await l.claim(1, from)
    await l.q.db.query('update millrace.worker set gone_at = millrace.now()')
    await rescue(l.q.db, { expiredToo: false })
  }
  await l.end(await l.claim(1, 'quarantine'), { kind: 'returned' })
  const { rows } = await l.q.db.query<{ lane: number }>("select lane from millrace.entry where task <> ''")
  assert.deepEqual(rows, [{ lane: l.q.lanes.get('governed').quarantine }])
})
