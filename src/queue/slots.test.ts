/** Every way in which a job of a governed queue ends, or is handed on, gives its slot back once or takes it along. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { newRandomId } from '../kernel/ids.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { claim } from './claim.ts'
import { type ClaimedJob, jobsOf } from './claimed.ts'
import { pauseTask, resumeTask } from './pause.ts'
import { settleWithin } from './settle.ts'
import { CRASHES_MAX, listLeases, registerWorker, rescue, returnLeases } from './workers.ts'

const work = task('work', { input: z.object({ name: z.string() }), queue: queue('governed', { concurrency: 1 }) })

interface Taken {
  readonly jobs: readonly ClaimedJob[]
  readonly worker: string
}

async function take(q: TestQueue, from: 'flow' | 'quarantine' | 'ready'): Promise<Taken> {
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  const { flow, quarantine, ready } = q.lanes.get('governed')
  const lane = { flow: flow?.flow ?? 0, quarantine, ready: ready.normal }[from]
  const isGoverned = from === 'flow'
  return { worker, jobs: jobsOf(await claim(q.db, { lane, isGoverned, countMax: 5, packMax: 1, worker })) }
}

async function queueOf(...names: readonly string[]): Promise<TestQueue> {
  const q = await testQueue([work])
  for (const name of names) await q.submit(work, { name })
  return q
}

async function running(q: TestQueue): Promise<number> {
  await take(q, 'flow') // receives what has been released
  const { rows } = await q.db.query<{ running: number }>(
    'select running from millrace.scheduler order by n desc limit 1',
  )
  return rows[0]?.running ?? -1
}

async function die(q: TestQueue): Promise<void> {
  await q.db.query('update millrace.worker set gone_at = millrace.now()')
  await rescue(q.db, { expiredToo: false })
}

describe('the slot of a job', () => {
  test("is given back by the handler's own transaction", async () => {
    await using q = await queueOf('a')
    const { jobs } = await take(q, 'flow')
    const [job] = jobs
    assert.ok(job !== undefined)
    assert.equal(await running(q), 1)
    await q.db.transaction(async (tx) => settleWithin(tx, job, null))
    assert.equal(await running(q), 0)
  })

  test('goes along when its worker dies, into quarantine too, and is given back when its workers died too often', async () => {
    await using q = await queueOf('a')
    await take(q, 'flow')
    for (let deaths = 1; deaths < CRASHES_MAX; deaths += 1) {
      await die(q)
      assert.equal(await running(q), 1)
      assert.equal((await take(q, deaths < CRASHES_MAX - 1 ? 'ready' : 'quarantine')).jobs.length, 1)
    }
    await die(q)
    assert.equal(await running(q), 0)
  })

  test('goes along when a claim whose answer was lost is given back', async () => {
    await using q = await queueOf('a', 'b')
    const { worker } = await take(q, 'flow')
    assert.equal(await returnLeases(q.db, worker, await listLeases(q.db, worker)), 1)
    assert.equal((await take(q, 'flow')).jobs.length, 0, 'b has none')
    assert.equal((await take(q, 'ready')).jobs.length, 1, 'a has it still')
    assert.equal(await running(q), 1)
  })

  test('is not taken by a job whose task is paused', async () => {
    await using q = await queueOf('a', 'b')
    assert.equal((await take(q, 'flow')).jobs.length, 1)
    await pauseTask(q.db, 'work')
    await die(q)
    await take(q, 'ready') // parks it
    assert.equal(await running(q), 0)
    await resumeTask(q.db, 'work')
    assert.equal((await take(q, 'flow')).jobs.length, 1)
    assert.equal(await running(q), 1)
  })
})
