/** The rules of a queue are changed by a new release while its jobs wait and run. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { type QueuePolicy, queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
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
