import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import pg from 'pg'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { Database } from '../data/database.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { faultProxy } from '../testing/fault-proxy.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { readDatabaseTime } from './database-time.ts'
import { openHints } from './hints.ts'
import { getOperation } from './operations.ts'
import { promote } from './promote.ts'
import { openSubmitter } from './submit.ts'

const greet = task('greet', { input: z.object({ name: z.string().max(20) }) })
const paint = task('paint', { input: z.object({ name: z.string() }), output: z.object({}) })
const brief = task('brief', { input: z.object({ name: z.string() }), tracked: true, jobTimeoutMs: 5_000 })
const big = task('big', { input: z.object({ text: z.string() }) })
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

async function count(q: TestQueue, table: 'entry' | 'deferred' | 'operation' | 'unique_key'): Promise<number> {
  const counted = table === 'entry' ? 'coalesce(sum(count), 0)' : 'count(*)'
  const { rows } = await q.db.query<{ n: number }>(`select ${counted}::integer as n from millrace.${table}`)
  return rows[0]?.n ?? -1
}

describe('submit', () => {
  test('outside a transaction is durable when it resolves, and calls made together share one insert', async () => {
    await using q = await testQueue([greet])
    const jobs = await Promise.all(Array.from({ length: 50 }, (_, n) => q.submit(greet, { name: String(n) })))
    assert.equal(new Set(jobs.map((job) => job.id)).size, 50)
    const { rows } = await q.db.query<{ inserts: number }>(
      'select count(distinct xid)::integer as inserts from millrace.entry',
    )
    assert.equal(await count(q, 'entry'), 50)
    assert.ok((rows[0]?.inserts ?? 99) <= 2, 'fifty calls took at most two inserts')
  })

  test('needs no hint: where the server can take none, the job is stored all the same', async () => {
    await using q = await testQueue([greet])
    await q.db.query(`do $do$ begin execute format(
      $p$ create or replace procedure millrace.append_quick(%s) language plpgsql as $$ begin
        raise exception 'too many notifications in the NOTIFY queue' using errcode = '54000'; end $$ $p$,
      (select pg_get_function_arguments(oid) from pg_proc where proname = 'append_quick')); end $do$`)
    const job = await q.submit(greet, { name: 'Ada' })
    const { rows } = await q.db.query<{ id: string }>('select id from millrace.entry')
    assert.deepEqual(rows, [{ id: job.id }])
  })

  test('inside db.transaction joins it: rolled back, there was never a job', async () => {
    await using q = await testQueue([greet, paint])
    const failing = q.db.transaction(async () => {
      await q.submit(greet, { name: 'Ada' })
      await q.submit(paint, { name: 'Ada' }, { delayMs: 1_000 })
      throw new Error('on purpose')
    })
    await assert.rejects(failing, /on purpose/)
    assert.deepEqual([await count(q, 'entry'), await count(q, 'deferred'), await count(q, 'operation')], [0, 0, 0])
    await q.db.transaction(async () => {
      await q.submit(greet, { name: 'Ada' })
    })
    assert.equal(await count(q, 'entry'), 1)
  })

  test('under a savepoint that is rolled back leaves no job either', async () => {
    await using q = await testQueue([greet])
    await q.db.transaction(async () => {
      await q.submit(greet, { name: 'kept' })
      const inner = q.db.transaction(async () => {
        await q.submit(greet, { name: 'undone' })
        throw new Error('on purpose')
      })
      await inner.catch(() => {})
    })
    const { rows } = await q.db.query('select payload from millrace.entry')
    assert.deepEqual(rows, [{ payload: '{"name":"kept"}' }])
  })

  test('joins a transaction of a plain pg client', async () => {
    await using q = await testQueue([greet])
    const client = new pg.Client({ connectionString: q.url })
    await client.connect()
    for (const end of ['rollback', 'commit']) {
      await client.query('begin')
      await q.submit(greet, { name: end }, { tx: client })
      await client.query(end)
    }
    await client.end()
    const { rows } = await q.db.query('select payload from millrace.entry')
    assert.deepEqual(rows, [{ payload: '{"name":"commit"}' }])
  })

  test('of a tracked task makes an operation that can be asked for', async () => {
    await using q = await testQueue([paint])
    const now = await q.submit(paint, { name: 'a' })
    const later = await q.submit(paint, { name: 'b' }, { delayMs: 60_000 })
    assert.deepEqual(
      [(await getOperation(q.db, now.id)).status, (await getOperation(q.db, later.id)).status],
      ['queued', 'scheduled'],
    )
  })

  test('with a delay waits for its time by the clock of the database', async () => {
    await using q = await testQueue([paint])
    const job = await q.submit(paint, { name: 'later' }, { delayMs: 60_000 })
    assert.equal((await promote(q.db, null)).moved, 0)
    await q.advance(60_001)
    assert.equal((await promote(q.db, null)).moved, 1)
    assert.equal((await getOperation(q.db, job.id)).status, 'queued')
    assert.deepEqual([await count(q, 'entry'), await count(q, 'deferred')], [1, 0])
  })

  test('with a moment waits until then by the clock of the database, its time limits too', async () => {
    await using q = await testQueue([brief])
    const at = new Date((await readDatabaseTime(q.db)) + 60_000)
    const job = await q.submit(brief, { name: 'alone' }, { runAt: at })
    await q.submitMany(brief, [{ name: 'of many' }], { runAt: at })
    await q.submitAll(brief, [{ name: 'in bulk' }], { runAt: at })
    await q.db.transaction(() => q.submit(brief, { name: 'within a transaction' }, { runAt: at }))
    await q.advance(59_000)
    assert.equal((await promote(q.db, null)).moved, 0)
    const { rows } = await q.db.query<{ early: number; late: number; limit: number }>(
      `select min(extract(epoch from due_at) * 1000 - $1)::integer as early,
              max(extract(epoch from due_at) * 1000 - $1)::integer as late,
              min((headers ->> 'endsBy')::bigint - $1)::integer as limit from millrace.deferred`,
      [at.getTime()],
    )
    assert.ok((rows[0]?.early ?? -1) >= 0 && (rows[0]?.late ?? 99) < 50 && (rows[0]?.limit ?? 0) >= 5_000)
    await q.advance(61_000)
    assert.equal((await promote(q.db, null)).moved, 4)
    assert.equal((await getOperation(q.db, job.id)).status, 'queued')
  })

  test('with a moment that is past is due at once, with all of its time', async () => {
    await using q = await testQueue([brief])
    const before = await readDatabaseTime(q.db)
    await q.submit(brief, { name: 'late' }, { runAt: new Date(before - 3_600_000) })
    assert.equal((await promote(q.db, null)).moved, 1)
    const { rows } = await q.db.query<{ ends: string }>(`select headers ->> 'endsBy' as ends from millrace.entry`)
    assert.ok(Number(rows[0]?.ends) >= before + 5_000)
  })

  describe('with an idempotency key', () => {
    test('makes one job, however often and from wherever it is called', async () => {
      await using q = await testQueue([greet])
      const jobs = await Promise.all(
        Array.from({ length: 20 }, () => q.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k' })),
      )
      const again = await q.db.transaction(() => q.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k' }))
      assert.equal(new Set([...jobs, again].map((job) => job.id)).size, 1)
      assert.equal(jobs.filter((job) => job.isNew).length, 1)
      assert.deepEqual([again.isNew, await count(q, 'entry')], [false, 1])
    })

    test('keeps keys of different tasks apart', async () => {
      await using q = await testQueue([greet, big])
      await q.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k' })
      await q.submit(big, { text: 'Ada' }, { idempotencyKey: 'k' })
      assert.equal(await count(q, 'entry'), 2)
    })

    test('takes a new job once the key has expired', async () => {
      await using q = await testQueue([greet])
      const options = { idempotencyKey: 'k', idempotencyMs: 1_000 }
      const first = await q.submit(greet, { name: 'Ada' }, options)
      await q.advance(1_001)
      const second = await q.submit(greet, { name: 'Ada' }, options)
      assert.deepEqual([second.isNew, second.id === first.id], [true, false])
    })

    test('leaves the key free when the transaction is rolled back', async () => {
      await using q = await testQueue([greet])
      const failing = q.db.transaction(async () => {
        await q.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k' })
        throw new Error('on purpose')
      })
      await failing.catch(() => {})
      assert.equal((await q.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k' })).isNew, true)
    })

    test('takes a time with a fraction, and harms none of the submits that share its insert', async () => {
      await using q = await testQueue([greet])
      const jobs = await Promise.all([
        q.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k', idempotencyMs: 1_000.5 }),
        q.submit(greet, { name: 'Bob' }),
      ])
      assert.deepEqual([jobs.length, await count(q, 'entry')], [2, 2])
    })

    test('settles what became of a submit whose answer was lost', async () => {
      await using q = await testQueue([greet])
      await using proxy = await faultProxy(q.url)
      const db = new Database({
        url: proxy.url,
        poolMax: 1,
        applicationName: 'far',
        clock: systemClock,
        log: silentLog(),
      })
      const hints = openHints({ url: q.url, clock: systemClock, log: silentLog() })
      const far = openSubmitter({ db, lanes: q.lanes, hints, clock: systemClock })
      proxy.cutAfter('Ada')
      await assert.rejects(
        far.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k' }),
        code('MILLRACE_DATA_UNREACHABLE'),
      )
      const again = await far.submit(greet, { name: 'Ada' }, { idempotencyKey: 'k' })
      assert.deepEqual([again.isNew, await count(q, 'entry')], [false, 1])
      await db.end()
    })
  })

  test('keeps text that PostgreSQL’s own json would refuse', async () => {
    await using q = await testQueue([big])
    await q.submit(big, { text: 'nul \0 and a lone \ud800 surrogate' })
    const { rows } = await q.db.query<{ payload: string }>('select payload from millrace.entry')
    assert.equal(JSON.parse(rows[0]?.payload ?? '').text, 'nul \0 and a lone \ud800 surrogate')
  })

  test('in bulk is all or nothing', async () => {
    await using q = await testQueue([greet])
    await assert.rejects(
      q.submitMany(greet, [{ name: 'a' }, { name: 'x'.repeat(30) }]),
      code('MILLRACE_QUEUE_INPUT_INVALID'),
    )
    assert.equal(await count(q, 'entry'), 0)
    const jobs = await q.submitMany(
      greet,
      Array.from({ length: 12_000 }, (_, n) => ({ name: String(n) })),
    )
    assert.deepEqual([jobs.length, await count(q, 'entry')], [12_000, 12_000])
  })
})

describe('a hint', () => {
  test('reaches other processes once the transaction has committed', async () => {
    await using q = await testQueue([greet])
    const other = openHints({ url: q.url, clock: systemClock, log: silentLog() })
    await other.start(AbortSignal.timeout(5_000))
    const lane = q.lanes.get('default').ready.normal
    const entriesWhenHeard = new Promise<number>((resolve) => {
      other.listenForWork(({ lanes }) => {
        if (lanes !== 'all' && lanes.includes(lane)) resolve(count(q, 'entry'))
      })
    })
    await q.db.transaction(async () => {
      await q.submit(greet, { name: 'Ada' })
    })
    assert.equal(await entriesWhenHeard, 1)
    await other.stop({ drainMs: 0 })
  })

  test('comes again after the connection was lost', async () => {
    await using q = await testQueue([greet])
    let looks = 0
    q.hints.listenForJobs(({ operations }) => {
      if (operations === 'all') looks += 1
    })
    await q.db.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millrace hints'")
    await until('it has reconnected and says: look at all', () => looks > 0)
    const { lane } = { lane: q.lanes.get('default').ready.normal }
    let heard = false
    q.hints.listenForWork(({ lanes }) => {
      heard ||= lanes !== 'all' && lanes.includes(lane)
    })
    await q.submit(greet, { name: 'Ada' })
    await until('the hint is heard', () => heard)
  })
})
