/** What a submit within a library's transaction promises: one suite, run over every library. */
import { strict as assert } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { z } from 'zod'
import { task } from '../../contract/task.ts'
import { faultProxy } from '../../testing/fault-proxy.ts'
import { type TestQueue, testQueue } from '../../testing/test-worker.ts'
import type { ForeignTransaction } from '../foreign-transaction.ts'
import { getOperation } from '../operations.ts'
import type { Submit } from '../submit.ts'

/** A transaction of the library as its user has it in hand. */
export interface Inside {
  readonly tx: ForeignTransaction
  /** Inserts a row into `orders (id text)` by the library's own means. */
  insertOrder(id: string): Promise<unknown>
  /** Runs a statement without parameters. */
  run(text: string): Promise<unknown>
  /** Runs `work` in a transaction within this one, which alone is rolled back when it throws. */
  nested(work: (inside: Inside) => Promise<void>): Promise<unknown>
}

export interface Opened extends AsyncDisposable {
  /** Runs `work` in a transaction: committed when it resolves, rolled back when it throws. */
  transaction(work: (inside: Inside) => Promise<void>): Promise<unknown>
  /** What looks like a transaction of the library and is none that is open, by what it is called. */
  readonly notOpen: Readonly<Record<string, unknown>>
}

/** Connects the library to a database that has the table `orders`. */
export type OpenForeign = (url: string) => Promise<Opened>

export const greet = task('greet', { input: z.object({ name: z.string() }) })
export const sendReceipt = task('order.send-receipt', { input: z.object({ orderId: z.string() }) })
export const paint = task('paint', { input: z.object({ name: z.string() }), output: z.object({}) })

/** Everything that could be taken for a placeholder, a quote, an end or an absence on its way through a library. */
const STRANGE_TEXT = `'"\\ {NULL,null} \${x} $1 $2 ? ?? :name ::text -- \n\r\t\0 \ud800 ✓ /* {} */ \\? ;`

export async function foreignQueue(): Promise<TestQueue> {
  const q = await testQueue([greet, paint, sendReceipt])
  await q.db.query('create table orders (id text primary key)')
  return q
}

/** Runs the library's example of docs/transactions.md; what stands between its marks is compared with the page. */
export function exampleWorks(
  library: string,
  run: (url: string, submit: Submit, orderId: string) => Promise<void>,
): void {
  test(`${library} works as docs/transactions.md shows it`, async () => {
    await using q = await foreignQueue()
    await run(q.url, q.submit, 'order-1')
    assert.deepEqual(await stored(q), { orders: 1, jobs: 1 })
    const { rows } = await q.db.query<{ payload: string }>('select payload from millrace.entry')
    assert.deepEqual(JSON.parse(rows[0]?.payload ?? ''), { orderId: 'order-1' })
  })
}

interface Stored {
  readonly orders: number
  readonly jobs: number
}

export async function stored(q: TestQueue): Promise<Stored> {
  const { rows } = await q.db.query<Stored>(
    `select (select count(*)::integer from orders) as orders,
            (select coalesce(sum(count), 0)::integer from millrace.entry)
              + (select count(*)::integer from millrace.deferred) as jobs`,
  )
  return rows[0] ?? assert.fail('counts are a row')
}

const onPurpose = (): never => {
  throw new Error('on purpose')
}

/** What not every library can do. */
export interface Can {
  /** It knows a transaction's object after its end, even when its connection is in the next transaction. */
  readonly tellEnded: boolean
}

export function foreignConformance(library: string, open: OpenForeign, can: Can): void {
  describe(`a submit within a transaction of ${library}`, () => {
    // one database for all, emptied each time: making a hundred of them would take most of the time
    let shared: TestQueue
    before(async () => {
      shared = await foreignQueue()
    })
    after(() => shared[Symbol.asyncDispose]())

    const spec = (title: string, run: (q: TestQueue, opened: Opened) => Promise<void>): void => {
      test(title, async () => {
        await shared.db.query(
          'truncate orders, millrace.entry, millrace.deferred, millrace.operation, millrace.unique_key',
        )
        await using opened = await open(shared.url)
        await run(shared, opened)
      })
    }

    spec('exists, under the id that was answered, when the transaction has committed', async (q, opened) => {
      let id: string | undefined
      await opened.transaction(async ({ tx, insertOrder }) => {
        await insertOrder('a')
        const job = await q.submit(paint, { name: 'a' }, { tx })
        assert.equal(job.isNew, true)
        id = job.id
        assert.deepEqual(await stored(q), { orders: 0, jobs: 0 }, 'nothing is seen before the commit')
      })
      assert.deepEqual(await stored(q), { orders: 1, jobs: 1 })
      assert.equal((await getOperation(q.db, id ?? '')).status, 'queued')
    })

    spec('was never there when the transaction is rolled back', async (q, opened) => {
      const failing = opened.transaction(async ({ tx, insertOrder }) => {
        await insertOrder('a')
        await q.submit(greet, { name: 'plain' }, { tx })
        await q.submitMany(greet, [{ name: 'one' }, { name: 'two' }], { tx })
        await q.submit(greet, { name: 'keyed' }, { tx, idempotencyKey: 'k' })
        await q.submit(paint, { name: 'tracked' }, { tx })
        await q.submit(paint, { name: 'delayed' }, { tx, delayMs: 60_000 })
        onPurpose()
      })
      await assert.rejects(failing, /on purpose/)
      assert.deepEqual(await stored(q), { orders: 0, jobs: 0 })
      const { rows } = await q.db.query('select from millrace.operation union all select from millrace.unique_key')
      assert.equal(rows.length, 0)
    })

    spec('joins whatever its options are', async (q, opened) => {
      const ids: string[] = []
      await opened.transaction(async ({ tx }) => {
        ids.push((await q.submit(greet, { name: 'keyed' }, { tx, idempotencyKey: 'k' })).id)
        ids.push((await q.submit(paint, { name: 'delayed' }, { tx, delayMs: 60_000 })).id)
        await q.submitMany(greet, [{ name: 'one' }, { name: 'two' }], { tx })
        const again = await q.submit(greet, { name: 'keyed' }, { tx, idempotencyKey: 'k' })
        assert.deepEqual([again.id, again.isNew], [ids[0], false])
      })
      assert.equal((await stored(q)).jobs, 4)
      assert.equal((await getOperation(q.db, ids[1] ?? '')).status, 'scheduled')
      await opened.transaction(async ({ tx }) => {
        const again = await q.submit(greet, { name: 'keyed' }, { tx, idempotencyKey: 'k' })
        assert.deepEqual([again.id, again.isNew], [ids[0], false])
      })
    })

    spec('is undone alone with the transaction inside, and stays with it', async (q, opened) => {
      await opened.transaction(async ({ tx, insertOrder, nested }) => {
        await insertOrder('outer')
        await q.submit(greet, { name: 'outer' }, { tx })
        const failing = nested(async (inner) => {
          await inner.insertOrder('undone')
          await q.submit(greet, { name: 'undone' }, { tx: inner.tx })
          onPurpose()
        })
        await assert.rejects(failing, /on purpose/)
        await nested(async (inner) => {
          await inner.insertOrder('kept')
          await q.submit(greet, { name: 'kept' }, { tx: inner.tx })
        })
        await q.submit(greet, { name: 'after' }, { tx })
      })
      assert.deepEqual(await stored(q), { orders: 2, jobs: 3 })
      const { rows } = await q.db.query<{ payload: string }>('select payload from millrace.entry order by payload')
      assert.deepEqual(
        rows.map(({ payload }) => JSON.parse(payload).name),
        ['after', 'kept', 'outer'],
      )
    })

    spec('leaves nothing when a statement takes longer than the transaction allows', async (q, opened) => {
      const failing = opened.transaction(async ({ tx, insertOrder, run }) => {
        await run("set local statement_timeout = '50ms'")
        await insertOrder('a')
        await q.submit(greet, { name: 'a' }, { tx })
        await run('select pg_sleep(10)')
      })
      await assert.rejects(failing, (error) => /statement timeout/.test(inspect(error)))
      assert.deepEqual(await stored(q), { orders: 0, jobs: 0 })
    })

    spec('shares the fate of the row when the connection is lost at the commit', async (q) => {
      const outcomes: string[] = []
      for (const [n, when] of [
        [1, 'before'],
        [1, 'answered'],
        [2, 'answered'],
      ] as const) {
        const before = await stored(q)
        const isRejected = await loseAtCommit(q, open, n, when)
        const after = await stored(q)
        const both = { orders: after.orders - before.orders, jobs: after.jobs - before.jobs }
        assert.equal(both.orders, both.jobs, 'both or neither')
        outcomes.push(`${isRejected ? 'failed' : 'fine'}, ${both.jobs} stored`)
      }
      assert.ok(outcomes.includes('failed, 0 stored'), `a COMMIT was lost: ${outcomes.join('; ')}`)
      assert.ok(outcomes.includes('failed, 1 stored'), `the answer of a COMMIT was lost: ${outcomes.join('; ')}`)
    })

    spec('brings strange text through unchanged, and several side by side', async (q, opened) => {
      await opened.transaction(async ({ tx }) => {
        await q.submit(
          greet,
          { name: STRANGE_TEXT },
          { tx, idempotencyKey: STRANGE_TEXT.replaceAll('\0', '').toWellFormed() },
        )
        await q.submitMany(greet, [{ name: STRANGE_TEXT }], { tx })
        await Promise.all(['a', 'b', 'c'].map((name) => q.submit(greet, { name }, { tx })))
      })
      const { rows } = await q.db.query<{ payload: string }>('select payload from millrace.entry order by seq')
      const names = rows.map(({ payload }) => JSON.parse(payload).name)
      assert.deepEqual(names.slice(0, 2), [STRANGE_TEXT, STRANGE_TEXT])
      assert.deepEqual(names.slice(2).sort(), ['a', 'b', 'c'])
    })

    spec('that nobody awaits is never stored beside a transaction that is rolled back', async (q, opened) => {
      for (const turns of [0, 1, 2, 4, 8]) {
        let floating: Promise<unknown> | undefined
        const failing = opened.transaction(async ({ tx, insertOrder }) => {
          await insertOrder('a')
          floating = q.submit(greet, { name: 'floating' }, { tx }).catch(() => {})
          for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve))
          onPurpose()
        })
        await assert.rejects(failing)
        await floating
        assert.deepEqual(await stored(q), { orders: 0, jobs: 0 })
      }
    })

    spec('is refused once the transaction is over', async (q, opened) => {
      let over: ForeignTransaction | undefined
      await opened.transaction(async ({ tx, run }) => {
        over = tx
        await run('select 1')
      })
      assert.ok(over)
      await assert.rejects(q.submit(greet, { name: 'late' }, { tx: over }))
      await assert.rejects(q.submitMany(greet, [{ name: 'late' }], { tx: over }))
      assert.equal((await stored(q)).jobs, 0)
    })

    if (can.tellEnded)
      spec('is refused once the transaction is over, in the middle of the next one as well', async (q, opened) => {
        let over: ForeignTransaction | undefined
        await opened.transaction(async ({ tx, run }) => {
          over = tx
          await run('select 1')
        })
        await opened.transaction(async ({ run }) => {
          await run('select 1')
          assert.ok(over)
          await assert.rejects(q.submit(greet, { name: 'late' }, { tx: over }))
          await run('select 1')
        })
        assert.equal((await stored(q)).jobs, 0)
      })

    spec('is refused outside of one', async (q, opened) => {
      for (const [what, tx] of Object.entries(opened.notOpen)) {
        const refused = { code: 'MILLRACE_QUEUE_TX_NOT_OPEN' }
        await assert.rejects(q.submit(greet, { name: what }, { tx: tx as ForeignTransaction }), refused, what)
        await assert.rejects(q.submitMany(greet, [{ name: what }], { tx: tx as ForeignTransaction }), refused, what)
      }
      assert.equal((await stored(q)).jobs, 0)
    })
  })
}

/** Cuts the line at the n-th message after the last statement of a transaction; answers whether its user was told of it. */
async function loseAtCommit(q: TestQueue, open: OpenForeign, n: number, when: 'before' | 'answered'): Promise<boolean> {
  await using proxy = await faultProxy(q.url)
  await using far = await open(proxy.url)
  const ending = far.transaction(async ({ tx, insertOrder }) => {
    await insertOrder(`${when} ${n}`)
    await q.submit(greet, { name: 'far' }, { tx })
    proxy.strikeAt(n, when, () => void proxy[Symbol.asyncDispose]())
  })
  // awaited here: what was opened is closed as soon as this function returns
  return await ending.then(
    () => false,
    () => true,
  )
}
