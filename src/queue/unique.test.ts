/** Jobs of which only one is wanted: unique until they end, once in a while, or after silence; and bulk without end. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import { handler, handlers, PermanentError } from '../worker/handler.ts'
import { freeze } from './governed-test-kit.ts'
import { listHistory } from './history.ts'
import type { Outcome } from './job.ts'
import { getOperation } from './operations.ts'
import { claimAll, endAll, jobErrorOf } from './operators-test-kit.ts'
import { promote } from './promote.ts'

const index = task('index', { input: z.object({ text: z.string() }) })
const tracked = task('index.tracked', { input: z.object({ text: z.string() }), tracked: true })
const remembered = task('index.remembered', { input: z.object({ text: z.string() }), history: 'all' })

async function waiting(q: TestQueue): Promise<readonly string[]> {
  const { rows } = await q.db.query<{ payload: string }>(
    'select payload from millrace.entry union all select payload from millrace.deferred',
  )
  return rows.flatMap(({ payload }) => JSON.parse(payload)).map(({ text }: { text: string }) => text)
}

const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

/** Works off what waits; `fails` says which inputs fail for good. */
async function workOff(q: TestQueue, fails: (text: string) => boolean = () => false): Promise<void> {
  const run = async ({ input }: { readonly input: { readonly text: string } }): Promise<void> => {
    if (fails(input.text)) throw new PermanentError('NO', 'not this one')
  }
  const worker = await q.work(
    handlers([
      { task: index, load: async () => ({ default: handler(index, run) }) },
      { task: tracked, load: async () => ({ default: handler(tracked, run) }) },
      { task: remembered, load: async () => ({ default: handler(remembered, run) }) },
    ]),
  )
  await until('nothing is left', async () => {
    const { rows } = await q.db.query('select from millrace.entry union all select from millrace.lease')
    return rows.length === 0
  })
  await worker.stop({ drainMs: 1_000 })
}

describe('a unique key', () => {
  test('makes one job until it has ended, and another one after it', async () => {
    await using q = await testQueue([index])
    const first = await q.submit(index, { text: 'a' }, { uniqueKey: 'k' })
    const again = await q.submit(index, { text: 'b' }, { uniqueKey: 'k' })
    assert.deepEqual([again.id, again.isNew], [first.id, false])
    await workOff(q)
    const next = await q.submit(index, { text: 'c' }, { uniqueKey: 'k' })
    assert.equal(next.isNew, true)
    assert.deepEqual(await waiting(q), ['c'])
  })

  test('is given back by a job that failed for good, too', async () => {
    await using q = await testQueue([index])
    await q.submit(index, { text: 'bad' }, { uniqueKey: 'k' })
    await workOff(q, () => true)
    assert.equal((await q.submit(index, { text: 'a' }, { uniqueKey: 'k' })).isNew, true)
  })

  test('is none of the idempotency keys', async () => {
    await using q = await testQueue([index])
    await q.submit(index, { text: 'a' }, { uniqueKey: 'k' })
    assert.equal((await q.submit(index, { text: 'b' }, { idempotencyKey: 'k' })).isNew, true)
    const both = q.submit(index, { text: 'c' }, { uniqueKey: 'k', idempotencyKey: 'k' })
    await assert.rejects(both, code('MILLRACE_QUEUE_OPTION_INVALID'))
  })
})

describe('a debounced submit', () => {
  test('runs once, after silence, with the last input', async () => {
    await using q = await testQueue([tracked])
    const debounce = { key: 'doc 1', waitMs: 1_000 }
    const first = await q.submit(tracked, { text: 'a' }, { debounce })
    await q.advance(900)
    const second = await q.submit(tracked, { text: 'b' }, { debounce })
    assert.deepEqual([second.id, first.isNew, second.isNew], [first.id, true, false])
    await q.advance(900)
    assert.equal((await promote(q.db, null)).moved, 0, 'it waits again')
    await q.advance(101)
    assert.equal((await promote(q.db, null)).moved, 1)
    assert.deepEqual(await waiting(q), ['b'])
    await workOff(q)
    assert.equal((await getOperation(q.db, first.id)).status, 'succeeded')
  })

  test('waits no longer than its longest wait, and begins anew once it has started', async () => {
    await using q = await testQueue([index])
    const debounce = { key: 'k', waitMs: 1_000, maxWaitMs: 1_500 }
    const first = await q.submit(index, { text: 'a' }, { debounce })
    await q.advance(900)
    await q.submit(index, { text: 'b' }, { debounce })
    await q.advance(601)
    assert.equal((await promote(q.db, null)).moved, 1)
    const next = await q.submit(index, { text: 'c' }, { debounce })
    assert.notEqual(next.id, first.id)
    assert.deepEqual((await waiting(q)).toSorted(), ['b', 'c'])
  })

  test('takes over no job that has run and waits for its retry', async () => {
    await using q = await testQueue([index])
    await freeze(q)
    const debounce = { key: 'k', waitMs: 1_000 }
    const first = await q.submit(index, { text: 'a' }, { debounce })
    await freeze(q, 1_000)
    await promote(q.db, null)
    // due again at the very moment when it was due first: no other mark tells them apart
    const again: Outcome = { kind: 'retry', afterMs: 0, error: jobErrorOf('X') }
    await endAll(q, await claimAll(q, index.queue.name), again)
    const next = await q.submit(index, { text: 'b' }, { debounce })
    assert.notEqual(next.id, first.id)
    assert.deepEqual((await waiting(q)).toSorted(), ['a', 'b'])
  })

  test('joins the transaction around it', async () => {
    await using q = await testQueue([index])
    const debounce = { key: 'k', waitMs: 1_000 }
    await q.submit(index, { text: 'a' }, { debounce })
    const failing = q.db.transaction(async () => {
      await q.submit(index, { text: 'b' }, { debounce })
      throw new Error('undone')
    })
    await assert.rejects(failing, /undone/)
    assert.deepEqual(await waiting(q), ['a'])
  })

  test('begins anew when its key is forgotten at that moment', async () => {
    await using q = await testQueue([index])
    const debounce = { key: 'k', waitMs: 1_000 }
    const first = await q.submit(index, { text: 'a' }, { debounce })
    await q.advance(1_001)
    await promote(q.db, null)
    const submitted = await q.db.transaction(async (tx) => {
      await tx.query('select from millrace.debounce for update')
      const next = q.db.outsideTransaction(() => q.submit(index, { text: 'b' }, { debounce }))
      await until('it has seen the key, and waits for it', async () => {
        const { rows } = await q.db.outsideTransaction(() =>
          q.db.query("select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"),
        )
        return rows.length > 0
      })
      await tx.query('delete from millrace.debounce')
      return { next }
    })
    const next = await submitted.next
    assert.deepEqual([next.isNew, next.id === first.id], [true, false])
  })

  test('that many call at once is one job', async () => {
    await using q = await testQueue([index])
    const debounce = { key: 'k', waitMs: 1_000 }
    const jobs = await Promise.all(
      Array.from({ length: 10 }, (_, n) => q.submit(index, { text: `${n}` }, { debounce })),
    )
    assert.equal(new Set(jobs.map((job) => job.id)).size, 1)
    assert.equal((await waiting(q)).length, 1)
  })

  test('is refused beside another key, by the name of an option that was given', async () => {
    await using q = await testQueue([index])
    const debounce = { key: 'd', waitMs: 1_000 }
    await assert.rejects(
      q.submit(index, { text: 'a' }, { idempotencyKey: 'i', debounce }),
      /debounce\.key is d, but must be alone/,
    )
    await assert.rejects(
      q.submit(index, { text: 'a' }, { idempotencyKey: 'i', uniqueKey: 'u' }),
      /uniqueKey is u, but must be alone/,
    )
  })

  test('is refused with a wait that is none, before anything is stored', async () => {
    await using q = await testQueue([index])
    for (const debounce of [
      { key: 'k', waitMs: 0 },
      { key: '', waitMs: 5 },
      { key: 'k', waitMs: 5, maxWaitMs: 4 },
    ])
      await assert.rejects(q.submit(index, { text: 'a' }, { debounce }), code('MILLRACE_QUEUE_OPTION_INVALID'))
    assert.deepEqual(await waiting(q), [])
  })
})

describe('a submit of all that an iterable gives', () => {
  async function* texts(count: number): AsyncGenerator<{ text: string }> {
    for (let n = 0; n < count; n += 1) yield { text: String(n) }
  }

  test('tells how far it is, and is one transaction', async () => {
    await using q = await testQueue([index])
    const told: number[] = []
    const onProgress = (count: number): void => {
      told.push(count)
    }
    assert.equal(await q.submitAll(index, texts(12_000), { onProgress }), 12_000)
    assert.deepEqual(told, [5_000, 10_000, 12_000])
    const { rows } = await q.db.query(
      'select sum(count)::integer as jobs, count(distinct xid)::integer as xids from millrace.entry',
    )
    assert.deepEqual(rows, [{ jobs: 12_000, xids: 1 }])
  })

  test('leaves nothing when the iterable fails, or when it is given up', async () => {
    await using q = await testQueue([index])
    async function* failing(): AsyncGenerator<{ text: string }> {
      yield* texts(6_000)
      throw new Error('the file ended early')
    }
    await assert.rejects(q.submitAll(index, failing()), /ended early/)
    const giveUp = new AbortController()
    const onProgress = (): void => giveUp.abort(new Error('enough'))
    await assert.rejects(q.submitAll(index, texts(12_000), { onProgress, signal: giveUp.signal }), /enough/)
    assert.deepEqual(await waiting(q), [])
  })

  test('is given up at once while the iterable stalls, and its transaction ends', async () => {
    await using q = await testQueue([index])
    const giveUp = new AbortController()
    async function* stalling(): AsyncGenerator<{ text: string }> {
      yield* texts(6_000)
      giveUp.abort(new Error('enough'))
      await new Promise(() => {})
    }
    await assert.rejects(q.submitAll(index, stalling(), { signal: giveUp.signal }), /enough/)
    const { rows } = await q.db.query(
      "select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    )
    assert.deepEqual([rows, await waiting(q)], [[], []])
  })

  test('is given up after the last of them as well', async () => {
    await using q = await testQueue([index])
    const giveUp = new AbortController()
    const onProgress = (): void => giveUp.abort(new Error('enough'))
    await assert.rejects(q.submitAll(index, texts(3), { onProgress, signal: giveUp.signal }), /enough/)
    assert.deepEqual(await waiting(q), [])
  })

  test('closes its iterable when it fails, and when it is given up', async () => {
    await using q = await testQueue([index])
    let closed = 0
    async function* file(): AsyncGenerator<{ text: string }> {
      try {
        yield* texts(12_000)
      } finally {
        closed += 1
      }
    }
    const { signal } = new AbortController()
    const onProgress = (): never => {
      throw new Error('no more')
    }
    await assert.rejects(q.submitAll(index, file(), { onProgress, signal }), /no more/)
    await assert.rejects(q.submitAll(index, file(), { onProgress }), /no more/)
    await assert.rejects(q.submitAll(index, file(), { signal: AbortSignal.abort(new Error('enough')) }), /enough/)
    assert.equal(closed, 2, 'what had not begun need not be closed')
  })
})

describe('what has ended', () => {
  test('is remembered when it was tracked or did not succeed, and of a task that wants it all', async () => {
    await using q = await testQueue([index, tracked, remembered])
    await q.submitMany(index, [{ text: 'plain' }, { text: 'bad' }])
    await q.submit(tracked, { text: 'tracked' })
    await q.submitMany(remembered, [{ text: 'x' }, { text: 'y' }])
    await workOff(q, (text) => text === 'bad')
    const ended = await listHistory(q.db, { limit: 10 })
    assert.deepEqual(ended.map(({ task: name, status }) => `${name} ${status}`).toSorted(), [
      'index failed',
      'index.remembered succeeded',
      'index.remembered succeeded',
      'index.tracked succeeded',
    ])
    const [failed] = await listHistory(q.db, { limit: 10, status: 'failed' })
    assert.deepEqual([failed?.reason, failed?.attempt, failed?.errors[0]?.code], ['permanent', 1, 'NO'])
  })
})
