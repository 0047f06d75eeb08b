import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { Queryable } from '../data/transaction.ts'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { claim } from '../queue/claim.ts'
import { PROMOTE_COUNT_MAX, PROMOTE_LATE_MS } from '../queue/promote.ts'
import { registerWorker } from '../queue/workers.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { note } from './fixture/tasks.ts'
import { Keeper, PROMOTE_BLOCKS_MAX } from './keeper.ts'
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

function keeperOf(q: TestQueue, { aliveMs = 0, db = q.db as Queryable } = {}): Keeper {
  return new Keeper({
    db,
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
}

/** What a keeper does when it begins, of a worker whose heartbeats have come through for so long. */
async function keepOnce(q: TestQueue, aliveMs: number): Promise<void> {
  const keeper = keeperOf(q, { aliveMs })
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

describe('jobs that are due', () => {
  const BLOCKS = PROMOTE_BLOCKS_MAX + 2

  const deferred = async (q: TestQueue) => (await q.db.query('select from millrace.deferred')).rows.length

  async function allDue(q: TestQueue, count: number): Promise<void> {
    const lane = q.lanes.get('notes').ready.normal
    await q.db.query(
      `insert into millrace.deferred (due_at, id, lane, task, tracked, payload)
       select millrace.now() - n * interval '1 ms', gen_random_uuid(), $1, 'note', false, '{}' from generate_series(1, $2) n`,
      [lane, count],
    )
  }

  test('are moved so many blocks at a time, and all of them in the end', async () => {
    await using q = await testQueue([note])
    await allDue(q, BLOCKS * PROMOTE_COUNT_MAX)
    const keeper = keeperOf(q)
    await keeper.promote()
    assert.equal(await deferred(q), 2 * PROMOTE_COUNT_MAX, 'between, the worker looks for other work')
    await keeper.promote()
    assert.equal(await deferred(q), 0)
  })

  test('are left to others by a worker that stops, after the block that is under way', async () => {
    await using q = await testQueue([note])
    await allDue(q, 3 * PROMOTE_COUNT_MAX)
    const stopsInTheFirst: Queryable = {
      async query(statement, values, options) {
        const answer = await q.db.query(statement, values, options)
        await keeper.stop()
        return answer as never
      },
    }
    const keeper = keeperOf(q, { db: stopsInTheFirst })
    await keeper.promote()
    assert.equal(await deferred(q), 2 * PROMOTE_COUNT_MAX)
  })

  test('are found by the next look, and not only by a full pass, though they were committed a little late', async () => {
    await using q = await testQueue([note])
    const keeper = keeperOf(q)
    await allDue(q, 1)
    await keeper.promote()
    await q.db.query(
      `insert into millrace.deferred (due_at, id, lane, task, tracked, payload)
       values (millrace.now() - $2 * interval '1 ms', gen_random_uuid(), $1, 'note', false, '{}')`,
      [q.lanes.get('notes').ready.normal, PROMOTE_LATE_MS / 2],
    )
    assert.ok(keeper.promotedTo !== null, 'no full pass is due')
    await keeper.promote()
    assert.equal(await deferred(q), 0)
  })
})
