import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { claim } from '../queue/claim.ts'
import { listDeadLetters } from '../queue/dead-letters.ts'
import { cancelOperation, getOperation } from '../queue/operations.ts'
import { registerWorker, rescue } from '../queue/workers.ts'
import { ended, testQueue } from '../testing/test-worker.ts'
import { KILL_GRACE_MS } from './cell-pool.ts'
import { adding } from './fixture/adding.ts'
import { overhear } from './fixture/overhear.ts'
import { stubborn } from './fixture/stubborn.ts'
import { add, misbehave } from './fixture/tasks.ts'
import { handlers } from './handler.ts'

const cellEntry = new URL('fixture/cell.ts', import.meta.url)

describe('an isolated handler', () => {
  const rough = handlers([{ task: misbehave, load: () => import('./fixture/misbehave.ts'), isolate: 'thread' }], {
    concurrency: { rough: 4 },
  })

  for (const [how, code] of [
    ['exit', 'MILLRACE_WORKER_CELL_DIED'],
    ['spin', 'MILLRACE_WORKER_TIMEOUT'],
    ['hang', 'MILLRACE_WORKER_TIMEOUT'],
    ['eat', 'MILLRACE_WORKER_CELL_DIED'],
    ['throw', 'Error'],
  ] as const) {
    test(`that ${how}s fails alone: its neighbours do not even notice`, async () => {
      await using q = await testQueue([misbehave])
      await q.work(rough, { cellEntry, cellHeapMbMax: 64 })
      const [bad, ...good] = await q.submitMany(misbehave, [
        { how, mark: 'bad' },
        ...Array.from({ length: 6 }, (_, n) => ({ how: 'nothing' as const, mark: String(n) })),
      ])
      for (const job of good) {
        const operation = await ended(q, job.id)
        assert.deepEqual([operation.status, operation.attempt], ['succeeded', 1])
      }
      const failed = await ended(q, bad?.id ?? '')
      assert.deepEqual([failed.status, failed.attempt, failed.error?.code], ['failed', 2, code])
    })
  }
})

describe('an isolated handler that is cancelled and deaf to it', () => {
  const deaf = handlers([{ task: stubborn, load: () => import('./fixture/stubborn.ts'), isolate: 'thread' }], {
    concurrency: { stubborn: 1 },
  })

  test('is killed long before its time is up, not tried again, and its slot is free', async () => {
    await using q = await testQueue([stubborn])
    using threads = overhear()
    await q.work(deaf, { cellEntry })
    const [job, next] = await q.submitMany(stubborn, [{ how: 'deaf' }, { how: 'meek' }])
    assert.ok(job !== undefined && next !== undefined)
    await threads.says(`begins ${job.id}`)
    const cancelledAt = systemClock.monotonic()
    assert.equal((await cancelOperation(q.db, job.id)).status, 'running')
    q.hints.cancelRequested(job.id)

    const operation = await ended(q, job.id)
    assert.ok(systemClock.monotonic() - cancelledAt >= KILL_GRACE_MS, 'its grace is its own')
    assert.deepEqual([operation.status, operation.attempt, operation.error], ['cancelled', 1, null])
    const { status, attempt } = await ended(q, next.id)
    assert.deepEqual([status, attempt], ['succeeded', 1], 'and not in the thread that is killed')
    const begun = threads.heard.filter((what) => what.startsWith('begins'))
    assert.deepEqual(begun, [`begins ${job.id}`, `begins ${next.id}`])
    assert.deepEqual(await listDeadLetters(q.db, { limit: 10 }), [])
  })
})

describe('the jobs of a dead worker', () => {
  test('are all run again by one that had claimed far ahead before', async () => {
    await using q = await testQueue([add])
    await q.work(handlers([adding(async ({ input }) => ({ sum: input.a + input.b }))], { concurrency: { default: 2 } }))
    const inputs = Array.from({ length: 50 }, (_, n) => ({ a: n, b: 1 }))
    for (const { id } of await q.submitMany(add, inputs)) await ended(q, id)
    const rescued = await q.db.transaction(async (tx) => {
      const jobs = await q.submitMany(add, inputs)
      await tx.query('update millrace.entry set crashes = 1')
      return jobs
    })
    for (const { id } of rescued) assert.equal((await ended(q, id)).status, 'succeeded')
  })

  test('run again with a crash more and no attempt less, the second time in quarantine, and are dead letters after the third', async () => {
    await using q = await testQueue([add])
    const job = await q.submit(add, { a: 1, b: 1 })
    const { ready, quarantine } = q.lanes.get('default')
    for (const lane of [ready.normal, ready.normal, quarantine]) {
      const worker = newRandomId()
      await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
      const [claimed] = await claim(q.db, { lane, countMax: 10, worker })
      assert.equal(claimed?.idOf(0), job.id)
      assert.deepEqual(await rescue(q.db, { expiredToo: true }), [], 'a live worker is left alone')
      await q.advance(15_001)
      assert.deepEqual(
        await rescue(q.db, { expiredToo: false }),
        [],
        'a late one too, while the database may be to blame',
      )
      const rescued = await rescue(q.db, { expiredToo: true })
      assert.equal(rescued.length, 1)
    }
    const operation = await getOperation(q.db, job.id)
    assert.deepEqual([operation.status, operation.error?.code], ['failed', 'MILLRACE_QUEUE_WORKER_DIED'])
    const [letter] = await listDeadLetters(q.db, { limit: 10 })
    assert.deepEqual([letter?.reason, letter?.crashes, letter?.attempt], ['crashes', 3, 0])
  })

  test('in quarantine run in a process of their own, which they may take down without harm', async () => {
    await using q = await testQueue([misbehave])
    process.env['MILLRACE_FIXTURE_URL'] = q.url
    const jobs = await q.submitMany(misbehave, [
      { how: 'kill', mark: 'culprit' },
      { how: 'nothing', mark: 'innocent' },
    ])
    for (let deaths = 0; deaths < 2; deaths += 1) {
      const worker = newRandomId()
      await registerWorker(q.db, { id: worker, leaseMs: 15_000 })
      await claim(q.db, { lane: q.lanes.get('rough').ready.normal, countMax: 10, worker })
      await q.db.query('update millrace.worker set gone_at = millrace.now()')
      await rescue(q.db, { expiredToo: false })
    }
    await q.work(handlers([{ task: misbehave, load: () => import('./fixture/misbehave.ts') }]), { cellEntry })
    const [culprit, innocent] = await Promise.all(jobs.map((job) => ended(q, job.id)))
    assert.deepEqual([innocent?.status, innocent?.attempt], ['succeeded', 1])
    assert.deepEqual([culprit?.status, culprit?.error?.code], ['failed', 'MILLRACE_WORKER_CELL_DIED'])
    const [letter] = await listDeadLetters(q.db, { limit: 10 })
    assert.deepEqual([letter?.reason, letter?.crashes], ['crashes', 2])
  })
})
