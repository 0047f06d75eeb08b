/** A cancelled job holds nothing that others wait for, wherever it was when somebody cancelled it. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import pg from 'pg'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import type { ClaimedJob } from './claimed.ts'
import type { Outcome } from './job.ts'
import { cancelOperation, getOperation, startTracked } from './operations.ts'
import { claimAll, endAll, jobErrorOf, rowsIn } from './operators-test-kit.ts'
import { pauseTask } from './pause.ts'

const input = z.object({ n: z.number() })
const row = task('import.row', {
  input,
  tracked: true,
  queue: queue('imports', { perKey: { order: 'fifo' } }),
  key: () => 'one',
})
const mail = task('mail.send', { input, tracked: true, queue: 'mail' })
const laterMs = 3_600_000
const retry: Outcome = { kind: 'retry', afterMs: laterMs, error: jobErrorOf('X') }

const idsOf = (jobs: readonly { readonly id: string }[]) => jobs.map((job) => job.id)

/** The first of two jobs of a key in order runs. */
async function firstRuns(): Promise<{ q: TestQueue; first: string; second: string; running: readonly ClaimedJob[] }> {
  const q = await testQueue([row])
  const [first, second] = await q.submitMany(row, [{ n: 1 }, { n: 2 }])
  const running = await claimAll(q, 'imports')
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual(idsOf(running), [first.id])
  await startTracked(q.db, running)
  return { q, first: first.id, second: second.id, running }
}

describe('the key of a cancelled job in order is free', () => {
  test('at once, when the job waited for its retry', async () => {
    const { q, first, second, running } = await firstRuns()
    await using _ = q
    await endAll(q, running, retry)
    assert.deepEqual(await claimAll(q, 'imports'), [])
    const told: unknown[] = []
    const hints = {
      cancelRequested: (id: string) => told.push(`${id} is to be cancelled`),
      operationChanged: (id: string) => told.push(`${id} has changed`),
      workIn: (lane: number) => told.push(lane),
    }
    assert.equal((await cancelOperation(q.db, first, { hints })).status, 'cancelled')
    const { intake } = q.lanes.get('imports').flow ?? {}
    assert.deepEqual(
      told,
      [`${first} is to be cancelled`, `${first} has changed`, intake],
      'nobody needs to wait for a look',
    )
    assert.deepEqual(idsOf(await claimAll(q, 'imports')), [second])
    assert.equal(await rowsIn(q, 'deferred'), 0)
  })

  test('when the attempt ended while somebody asked: who asked is told how it ended, not that it runs', async () => {
    const { q, first, running } = await firstRuns()
    await using _ = q
    const settling = new pg.Client({ connectionString: q.url })
    await settling.connect()
    await settling.query('begin')
    await settling.query(
      `update millrace.operation set status = 'succeeded', ended_at = millrace.now() where id = $1`,
      [first],
    )
    const cancelling = cancelOperation(q.db, first)
    await until('the cancel waits for the end', async () => {
      const { rows } = await q.db.query('select from pg_locks where not granted')
      return rows.length > 0
    })
    await settling.query('commit')
    await settling.end()
    assert.equal((await cancelling).status, 'succeeded')
    await endAll(q, running, { kind: 'succeeded', result: null })
  })

  for (const outcome of [retry, { kind: 'postponed', afterMs: laterMs }, { kind: 'returned' }] satisfies Outcome[])
    test(`when its worker had not heard of it, and the attempt ended as ${outcome.kind}`, async () => {
      const { q, first, second, running } = await firstRuns()
      await using _ = q
      assert.equal((await cancelOperation(q.db, first)).status, 'running')
      await endAll(q, running, outcome)
      assert.equal((await getOperation(q.db, first)).status, 'cancelled')
      assert.deepEqual(idsOf(await claimAll(q, 'imports')), [second])
    })

  test('when the cancel came while the end of the attempt was being written', async () => {
    const { q, first, second, running } = await firstRuns()
    await using _ = q
    const cancelling = new pg.Client({ connectionString: q.url })
    await cancelling.connect()
    await cancelling.query('begin')
    await cancelling.query('update millrace.operation set cancel_requested_at = millrace.now() where id = $1', [first])
    const settling = endAll(q, running, retry)
    await until('the settlement waits for the cancel', async () => {
      const { rows } = await q.db.query('select from pg_locks where not granted')
      return rows.length > 0
    })
    await cancelling.query('commit')
    await cancelling.end()
    await settling
    assert.equal((await getOperation(q.db, first)).status, 'cancelled')
    assert.deepEqual(idsOf(await claimAll(q, 'imports')), [second])
  })
})

describe('the unique key of a cancelled job is free', () => {
  const uniqueKey = 'k'

  test('at once, while the job still lies in the log, and is the next ones alone', async () => {
    await using q = await testQueue([mail])
    const first = await q.submit(mail, { n: 1 }, { uniqueKey })
    await cancelOperation(q.db, first.id)
    const next = await q.submit(mail, { n: 2 }, { uniqueKey })
    assert.equal(next.isNew, true)
    const dropped = (await claimAll(q, 'mail')).filter((job) => job.id === first.id)
    await endAll(q, dropped, { kind: 'cancelled' })
    assert.deepEqual((await q.submit(mail, { n: 3 }, { uniqueKey })).id, next.id)
  })

  test('when it was delayed, or parked', async () => {
    await using q = await testQueue([mail])
    const delayed = await q.submit(mail, { n: 1 }, { uniqueKey, delayMs: laterMs })
    await cancelOperation(q.db, delayed.id)
    const parked = await q.submit(mail, { n: 2 }, { uniqueKey })
    await pauseTask(q.db, mail.name)
    await claimAll(q, 'mail')
    await cancelOperation(q.db, parked.id)
    for (const table of ['deferred', 'parked', 'unique_key']) assert.equal(await rowsIn(q, table), 0, table)
  })

  test('but an idempotency key stands for it as before', async () => {
    await using q = await testQueue([mail])
    const first = await q.submit(mail, { n: 1 }, { idempotencyKey: 'k' })
    await cancelOperation(q.db, first.id)
    assert.equal((await q.submit(mail, { n: 2 }, { idempotencyKey: 'k' })).id, first.id)
  })
})
