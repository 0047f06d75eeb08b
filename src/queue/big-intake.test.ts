/** More has arrived in a governed queue than a claim receives: who comes new goes next all the same. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { QueuePolicy } from '../contract/queue.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { handler, handlers } from '../worker/handler.ts'
import { receiveAhead } from './claim.ts'
import { lab, workOf } from './governed-test-kit.ts'
import { pauseQueue } from './pause.ts'
import { registerWorker } from './workers.ts'

const BIG = 30_000
/** Jobs that a claim receives at most. */
const BLOCK = 2_000

async function submitBig(q: TestQueue, policy: QueuePolicy, tenant: string): Promise<void> {
  const inputs = Array.from({ length: BIG }, (_, n) => ({ name: `big${n}` }))
  await q.submitMany(workOf(policy), inputs, { tenant })
}

/** Jobs that lie in the intake. */
async function arrivals(q: TestQueue): Promise<number> {
  const { rows } = await q.db.query<{ n: number }>(
    `select coalesce(sum(e.count), 0)::integer as n
       from millrace.entry e join millrace.lane l on l.id = e.lane where l.kind = 'intake'`,
  )
  return rows[0]?.n ?? 0
}

describe('behind the many jobs of one tenant', () => {
  for (const policy of [{ isFair: true }, { isFair: true, concurrency: 5 }] satisfies QueuePolicy[])
    test(`another's job is next when all has been received, block by block (${JSON.stringify(policy)})`, async () => {
      await using l = await lab(policy)
      await submitBig(l.q, policy, 'big')
      await l.submit('small', { tenant: 'small' })
      assert.equal(await l.claim(1), 'big0')
      assert.equal(await arrivals(l.q), BIG + 1 - BLOCK, 'a claim receives one block')

      const worker = newRandomId()
      await registerWorker(l.q.db, { id: worker, leaseMs: 60_000 })
      const { flow = 0 } = l.q.lanes.get('governed').flow ?? {}
      let before = await arrivals(l.q)
      while (await receiveAhead(l.q.db, { flow, worker })) {
        const after = await arrivals(l.q)
        assert.equal(before - after, BLOCK)
        before = after
      }
      assert.ok(before <= BLOCK, `the next claim receives the last ${before}`)
      assert.equal(await l.claim(1), 'small')
    })

  test('nothing is received while the queue is paused', async () => {
    await using l = await lab({ isFair: true })
    await submitBig(l.q, { isFair: true }, 'big')
    await pauseQueue(l.q.db, 'governed')
    const worker = newRandomId()
    await registerWorker(l.q.db, { id: worker, leaseMs: 60_000 })
    const { flow = 0 } = l.q.lanes.get('governed').flow ?? {}
    assert.equal(await receiveAhead(l.q.db, { flow, worker }), false)
    assert.equal(await arrivals(l.q), BIG)
  })

  test("another's job is next although the only worker had no room to claim", async () => {
    const policy = { isFair: true }
    const work = workOf(policy)
    await using q = await testQueue([work])
    const begun: string[] = []
    const free = Promise.withResolvers<void>()
    const run = handler(work, async ({ input }) => {
      begun.push(input.name)
      await free.promise
    })
    await q.work(handlers([{ task: work, load: async () => ({ default: run }) }], { concurrency: { governed: 1 } }))
    await q.submit(work, { name: 'long' }, { tenant: 'big' })
    await until('the only slot is taken', () => begun.length === 1)
    await submitBig(q, policy, 'big')
    await q.submit(work, { name: 'small' }, { tenant: 'small' })
    await until('nearly all has been received', async () => (await arrivals(q)) <= BLOCK)
    assert.deepEqual(begun, ['long'])
    free.resolve()
    await until('the next has begun', () => begun.length > 1)
    assert.equal(begun[1], 'small')
  })
})
