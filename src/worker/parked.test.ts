/** Jobs that the release which claims them cannot run, and the releases that can. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { type Task, task } from '../contract/task.ts'
import { getOperation } from '../queue/operations.ts'
import { runnableOf, UNPARK_COUNT_MAX, unpark } from '../queue/parked.ts'
import { ended, type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { type Handlers, handler, handlers } from './handler.ts'

const first = task('greet', { input: z.object({ name: z.string() }), output: z.string() })
const second = task('greet', {
  input: z.object({ names: z.array(z.string()) }),
  output: z.string(),
  version: 2,
  upcast: { 1: (old: { name: string }) => ({ names: [old.name] }) },
})
/** It has given up version 1. */
const third = task('greet', {
  input: z.object({ people: z.array(z.string()) }),
  output: z.string(),
  version: 3,
  upcast: { 2: (old: { names: string[] }) => ({ people: old.names }) },
})
const quiet = task('quiet', { input: z.object({ n: z.number() }) })

const greeting = <T extends Task>(of: T, greet: (input: never) => string): Handlers =>
  handlers([
    { task: of, load: async () => ({ default: handler(of, async ({ input }) => greet(input as never) as never) }) },
  ])
const firstWorks = greeting(first, ({ name }: { name: string }) => `one ${name}`)
const secondWorks = greeting(second, ({ names }: { names: string[] }) => `two ${names}`)
const thirdWorks = greeting(third, ({ people }: { people: string[] }) => `three ${people}`)

interface ParkedRow {
  readonly version: number
  readonly attempt: number
  readonly headers: unknown
}

function parked(q: TestQueue, count: number): Promise<readonly ParkedRow[]> {
  return until(`${count} jobs are parked`, async () => {
    const { rows } = await q.db.query<ParkedRow>('select version, attempt, headers from millrace.parked')
    return rows.length === count ? rows : undefined
  })
}

describe('an input', () => {
  test('of the first version has no headers, and of a later one says its version', async () => {
    await using q = await testQueue([first])
    await q.submit(first, { name: 'Ada' })
    await q.submit(second, { names: [] })
    const { rows } = await q.db.query('select headers from millrace.entry order by xid, seq')
    assert.deepEqual(rows, [{ headers: null }, { headers: { version: '2' } }])
  })

  test('of an older version is made new before the schema looks at it', async () => {
    await using q = await testQueue([second])
    await q.work(secondWorks)
    const old = await q.submit(first, { name: 'Ada' })
    const now = await q.submit(second, { names: ['Ada', 'Bob'] })
    assert.equal((await ended(q, old.id)).result, 'two Ada')
    assert.equal((await ended(q, now.id)).result, 'two Ada,Bob')
  })

  test('that no upcaster can take is a dead letter with the input as it was', async () => {
    await using q = await testQueue([first])
    const broken = task('greet', {
      input: z.object({}),
      output: z.string(),
      version: 2,
      upcast: {
        1: () => {
          throw new Error('not today')
        },
      },
    })
    await q.work(
      greeting(broken, () => 'never'),
      { release: [broken] },
    )
    const job = await q.submit(first, { name: 'Ada' })
    assert.equal((await ended(q, job.id)).error?.code, 'MILLRACE_WORKER_UPCAST_FAILED')
    const { rows } = await q.db.query('select payload, attempt from millrace.dead')
    assert.deepEqual(rows, [{ payload: '{"name":"Ada"}', attempt: 1 }])
  })
})

describe('a job that this release cannot run', () => {
  test('is parked when its input is newer, spends no attempt, and runs when a release comes that knows it', async () => {
    await using q = await testQueue([first])
    const old = await q.work(firstWorks)
    const job = await q.submit(second, { names: ['Ada'] })
    assert.deepEqual(await parked(q, 1), [{ version: 2, attempt: 0, headers: { version: '2' } }])
    assert.equal((await getOperation(q.db, job.id)).status, 'scheduled')
    await old.stop({ drainMs: 0 })
    await q.work(secondWorks, { release: [second] })
    const operation = await ended(q, job.id)
    assert.deepEqual([operation.result, operation.attempt], ['two Ada', 1])
    await parked(q, 0)
  })

  test('is parked when no upcaster reaches back to its input', async () => {
    await using q = await testQueue([third])
    await q.work(thirdWorks)
    await q.submit(first, { name: 'Ada' })
    const job = await q.submit(second, { names: ['Bob'] })
    assert.equal((await ended(q, job.id)).result, 'three Bob')
    assert.deepEqual(await parked(q, 1), [{ version: 1, attempt: 0, headers: null }])
  })

  test('keeps its attempts and its errors', async () => {
    await using q = await testQueue([first])
    await q.db.query(
      `insert into millrace.parked (id, lane, task, version, why, parked_at, tracked, attempt, crashes, payload, headers, errors)
       values (gen_random_uuid(), $1, 'greet', 2, 'unknown', millrace.now(), false, 3, 2, '{}', '{"version": "2"}', '[{"code": "X"}]')`,
      [q.lanes.get('default').ready.low],
    )
    assert.equal((await unpark(q.db, runnableOf([first]), null)).moved, 0)
    const { moved, lanes } = await unpark(q.db, runnableOf([second]), null)
    assert.deepEqual([moved, lanes], [1, [q.lanes.get('default').ready.low]])
    const { rows } = await q.db.query('select attempt, crashes, headers, errors from millrace.entry')
    assert.deepEqual(rows, [{ attempt: 3, crashes: 2, headers: { version: '2' }, errors: [{ code: 'X' }] }])
  })
})

describe('parked jobs', () => {
  test('go back in blocks, and what is parked meanwhile is left to the next pass', async () => {
    await using q = await testQueue([quiet])
    const park = (count: number): Promise<unknown> =>
      q.db.query(
        `insert into millrace.parked (id, lane, task, version, why, parked_at, tracked, attempt, crashes, payload)
         select gen_random_uuid(), $1, 'quiet', 1, 'unknown', millrace.now(), false, 0, 0, '{"n":1}' from generate_series(1, $2)`,
        [q.lanes.get('default').ready.normal, count],
      )
    await park(UNPARK_COUNT_MAX + 1)
    const runnable = runnableOf([quiet])
    const block = await unpark(q.db, runnable, null)
    await park(1)
    const rest = await unpark(q.db, runnable, block.before)
    assert.deepEqual([block.moved, rest.moved], [UNPARK_COUNT_MAX, 1])
    assert.equal((await unpark(q.db, runnable, null)).moved, 1)
  })

  test('cost nothing while there are none: no transaction id is burnt', async () => {
    await using q = await testQueue([quiet])
    await q.db.transaction(async (tx) => {
      await unpark(tx, runnableOf([quiet]), null)
      const { rows } = await tx.query('select pg_current_xact_id_if_assigned()::text as xid')
      assert.deepEqual(rows, [{ xid: null }])
    })
  })

  test('of a paused task are not taken back', async () => {
    await using q = await testQueue([quiet])
    await q.db.query(
      `insert into millrace.parked (id, lane, task, version, why, parked_at, tracked, attempt, crashes, payload)
       values (gen_random_uuid(), 1, 'quiet', 1, 'paused', millrace.now(), false, 0, 0, '{}')`,
    )
    assert.equal((await unpark(q.db, runnableOf([quiet]), null)).moved, 0)
  })
})
