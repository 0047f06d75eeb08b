import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { claim } from '../queue/claim.ts'
import { registerWorker } from '../queue/workers.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { note } from './fixture/tasks.ts'
import { Keeper } from './keeper.ts'
import { LeaseAudit } from './lease-audit.ts'

const LEASE_MS = 15_000

/** A worker whose lease ran out while it holds a job: it may be dead, or the database was away for everyone. */
async function lateWorker(q: TestQueue): Promise<void> {
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: LEASE_MS })
  await q.submit(note, { text: 'held' })
  await claim(q.db, { lane: q.lanes.get('notes').ready.normal, countMax: 1, worker })
  await q.advance(2 * LEASE_MS)
}

/** What a keeper does when it begins, of a worker whose heartbeats have come through for so long. */
async function keepOnce(q: TestQueue, aliveMs: number): Promise<void> {
  const keeper = new Keeper({
    db: q.db,
    clock: systemClock,
    log: silentLog(),
    leaseMs: LEASE_MS,
    hints: q.hints,
    runnable: [],
    audit: new LeaseAudit({ db: q.db, clock: systemClock, worker: newRandomId, isKnown: () => true }),
    learnLanes: async () => false,
    aliveMs: () => aliveMs,
    housekeeping: [],
    onWork: () => {},
  })
  keeper.told({ lanes: [], dueInMs: undefined, peers: [], hasDead: true, hasParked: false })
  keeper.start()
  await keeper.stop()
}

const leases = async (q: TestQueue) => (await q.db.query('select from millrace.lease')).rows.length

test('after an outage nobody who is late is taken for dead, until heartbeats have come through for a lease time', async () => {
  await using q = await testQueue([note])
  await lateWorker(q)
  await keepOnce(q, LEASE_MS - 1)
  assert.equal(await leases(q), 1, 'its heartbeat may be on its way')
  await keepOnce(q, LEASE_MS)
  assert.equal(await leases(q), 0)
})

test('who was declared dead is rescued at once, also after an outage', async () => {
  await using q = await testQueue([note])
  await lateWorker(q)
  await q.db.query('update millrace.worker set gone_at = millrace.now()')
  await keepOnce(q, 0)
  assert.equal(await leases(q), 0)
})
