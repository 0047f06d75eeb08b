/**
 * A snapshot is held, so vacuum can remove nothing: the engine's tables are full of dead rows, and the planner takes them for
 * empty. No statement of a job's way may walk over what is dead.
 */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import pg from 'pg'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { sql } from '../data/sql.ts'
import { newRandomId } from '../kernel/ids.ts'
import { machineId } from '../kernel/processes.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { ENGINE_SETTINGS } from '../worker/engine-database.ts'
import { claim } from './claim.ts'
import { promote, raiseFloor } from './promote.ts'
import { registerWorker } from './workers.ts'

const note = task('note', { input: z.object({ n: z.number() }), tracked: true })
const quick = task('quick', { input: z.object({ n: z.number() }) })
const KEYS = 2
const fair = task('fair', {
  input: z.object({ n: z.number() }),
  queue: queue('fair', { isFair: true, perKey: { concurrency: 1 } }),
  key: ({ n }) => `key ${n % KEYS}`,
  tenant: () => 'one',
})
const DEAD_COUNT = 4_000
/** Pages that a statement on some jobs may touch, a few for each table. Walking over the dead rows of a flow takes 600 more. */
const PAGES_MAX = 150
const JOBS = 10
/** Each ledger: the columns that say whose row it is, and the others but for its number. */
const LEDGERS: Readonly<Record<string, readonly [owner: readonly string[], rest: readonly string[]]>> = {
  cursor: [['lane'], ['done', 'win', 'at_xid', 'at_seq']],
  scheduler: [['lane'], ['clock', 'at_n', 'running', 'next_at', 'woken_at', 'resumed']],
  flow: [
    ['lane', 'id'],
    ['place', 'taken', 'arrived', 'running', 'has_turn', 'next_at', 'woken_at'],
  ],
  tenant: [['lane', 'priority', 'id'], ['finish']],
}

/** A queue whose tables hold nothing but dead rows, and a snapshot that keeps them. */
async function worn(): Promise<{ readonly q: TestQueue; readonly engine: pg.Client } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const q = stack.use(await testQueue([note, quick, fair]))
  const connect = async (options: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: q.url, options })
    await client.connect()
    stack.defer(() => client.end())
    return client
  }
  const holder = await connect('')
  await holder.query('begin isolation level repeatable read')
  await holder.query('select 1')
  const lane = q.lanes.get('default').ready.normal
  await q.db.query(
    `insert into millrace.entry (lane, id, task, tracked, payload)
     select $1, gen_random_uuid(), 'quick', false, '{}' from generate_series(1, $2::integer)`,
    [lane, DEAD_COUNT],
  )
  await q.db.query(
    `insert into millrace.operation (id, task, status, submitted_at)
     select gen_random_uuid(), 'note', 'queued', millrace.now() from generate_series(1, $1::integer)`,
    [DEAD_COUNT],
  )
  await q.db.query(
    `insert into millrace.deferred (due_at, id, lane, task, tracked, payload)
     select millrace.now() - interval '1 s', gen_random_uuid(), $1, 'quick', false, '{}' from generate_series(1, $2::integer)`,
    [lane, DEAD_COUNT],
  )
  for (const table of ['entry', 'operation', 'deferred']) {
    await q.db.query(`delete from millrace.${table}`)
    await q.db.query(`vacuum (analyze) millrace.${table}`)
  }
  const engine = await connect(
    Object.entries(ENGINE_SETTINGS)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  )
  const opened = stack.move()
  return { q, engine, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** Pages that the statement touches when it has been planned; it is rolled back. */
async function pagesOf(engine: pg.Client, text: string, values: readonly unknown[]): Promise<number> {
  const once = async (): Promise<number> => {
    await engine.query('begin')
    const { rows } = await engine.query(`explain (analyze, buffers, format json) ${text}`, [...values])
    await engine.query('rollback')
    const [{ Plan: plan }] = rows[0]['QUERY PLAN']
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
  }
  await once() // the first time, the catalogs are read as well
  return once()
}

test('a job’s way touches as few pages beside thousands of dead rows as beside none', async () => {
  await using t = await worn()
  const { q, engine } = t
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  for (let n = 0; n < JOBS; n += 1) {
    await q.submit(note, { n })
    await q.submit(quick, { n })
  }
  await q.submit(note, { n: -1 }, { delayMs: 1 })
  const lane = q.lanes.get('default').ready.normal
  const entries = await claim(q.db, { lane, countMax: 100, worker })
  const [tracked, plain] = [entries.filter((e) => e.isTracked), entries.filter((e) => !e.isTracked)]
  assert.deepEqual([tracked.length, plain.length], [JOBS, JOBS])
  const keys = (of: typeof entries): readonly unknown[] => [
    of.map(() => lane),
    of.map((e) => e.xid),
    of.map((e) => e.seq),
    of.map((e) => e.id),
  ]
  const same = <T>(value: T): readonly T[] => tracked.map(() => value)
  const at = (path: string): string => sql(import.meta.url, path).text
  await until('promotion need not look from the edge', async () => {
    const { began } = await promote(q.db, null)
    assert.ok(began !== null)
    await raiseFloor(q.db, began)
    await q.advance(10_000)
    const { rows } = await q.db.query<{ is: boolean }>(`select millrace.promotion_floor() > '-infinity' as is`)
    return rows[0]?.is === true
  })
  const statements: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
    'start-tracked': [at('sql/start-tracked.sql'), [tracked.map((e) => e.id), same(1)]],
    'report-progress': [
      at('sql/report-progress.sql'),
      [tracked.map((e) => e.id), ...keys(tracked).slice(0, 3), same('{"done":1}')],
    ],
    'settle-succeeded': [at('sql/settle-succeeded.sql'), [...keys(plain), plain.map(() => 1), []]],
    settle: [
      at('sql/settle.sql'),
      [...keys(tracked), same('succeeded'), ...Array.from({ length: 5 }, () => same(null)), same(true), [], 10, 2],
    ],
    'settle (retry)': [
      at('sql/settle.sql'),
      [
        ...keys(tracked),
        same('retry'),
        same(1_000),
        ...Array.from({ length: 4 }, () => same(null)),
        same(true),
        [],
        10,
        2,
      ],
    ],
    'settle-within': [at('sql/settle-within.sql'), [lane, tracked[0]?.xid, tracked[0]?.seq, tracked[0]?.id, null]],
    claim: [at('sql/claim.sql'), [lane, 10, 1, worker]],
    promote: ['select * from millrace.promote(10, millrace.now())', []],
    'promote (from the floor)': ['select * from millrace.promote(10, null)', []],
    'probe (from the floor)': [at('sql/probe.sql'), [[lane], null, machineId(), worker]],
    rescue: ['select * from millrace.rescue(10, 3, true)', []],
  }
  for (const [name, [text, values]] of Object.entries(statements)) {
    const pages = await pagesOf(engine, text, values)
    assert.ok(pages < PAGES_MAX, `${name} touched ${pages} pages`)
  }
})

test('a ledger is read from its newest row, however many dead ones lie before it', async () => {
  await using t = await worn()
  const { q, engine } = t
  const worker = newRandomId()
  await registerWorker(q.db, { id: worker, leaseMs: 60_000 })
  const lanes = q.lanes.get('fair').flow
  assert.ok(lanes !== undefined)
  const ready = q.lanes.get('default').ready.normal
  const claimGoverned = [sql(import.meta.url, 'sql/claim-governed.sql').text, [lanes.flow, 10, 1, worker]] as const
  await q.submit(quick, { n: 0 })
  assert.equal((await claim(q.db, { lane: ready, countMax: 1, worker })).length, 1)
  for (let n = 0; n < JOBS; n += 1) await q.submit(fair, { n })
  assert.equal((await q.db.query(...claimGoverned)).rowCount, KEYS)
  // as after a day with a snapshot held: what was replaced is dead, and still there
  for (const [table, [names, rest]] of Object.entries(LEDGERS)) {
    const columns = [...names, ...rest].join(', ')
    await q.db.query(
      `insert into millrace.${table} (${columns}) select ${columns} from millrace.${table}, generate_series(1, $1::integer)`,
      [DEAD_COUNT],
    )
    const { rowCount } = await q.db.query(
      `delete from millrace.${table} where n <> all (select max(n) from millrace.${table} group by ${names.join(', ')})`,
    )
    assert.ok((rowCount ?? 0) >= DEAD_COUNT, `${table} has ${rowCount} dead rows`)
    await q.db.query(`vacuum (analyze) millrace.${table}`)
  }
  await q.submit(fair, { n: KEYS })
  const statements: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
    'claim-governed': [...claimGoverned],
    claim: [sql(import.meta.url, 'sql/claim.sql').text, [ready, 10, 1, worker]],
    probe: [sql(import.meta.url, 'sql/probe.sql').text, [[ready, lanes.flow], null, machineId(), worker]],
  }
  for (const [name, [text, values]] of Object.entries(statements)) {
    const pages = await pagesOf(engine, text, values)
    assert.ok(pages < PAGES_MAX, `${name} touched ${pages} pages`)
  }
})
