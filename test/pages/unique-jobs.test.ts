/** The examples of docs/unique-jobs.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { task } from 'millrace'
import { z } from 'zod'
import { testQueue } from '../../src/testing/test-worker.ts'

const document = { id: 'd1' }
const indexDocument = task('document.index', { input: z.object({ id: z.string() }) })
const order = 'o1'
const charge = task('charge', { input: z.object({ order: z.string() }) })

test('an idempotency key stands for one job', async () => {
  await using q = await testQueue([charge])
  const { submit } = q
  // example: idempotency
  const job = await submit(charge, { order }, { idempotencyKey: order })
  const again = await submit(charge, { order }, { idempotencyKey: order })
  // again.id === job.id, and again.isNew is false
  // end of example
  assert.deepEqual([again.id, job.isNew, again.isNew], [job.id, true, false])
})

test('a unique key stands for the job that waits or runs', async () => {
  await using q = await testQueue([indexDocument])
  const { submit } = q
  // example: unique
  await submit(indexDocument, document, { uniqueKey: document.id })
  // end of example
  assert.equal((await submit(indexDocument, document, { uniqueKey: document.id })).isNew, false)
})

test('a throttle lets one job through in a while', async () => {
  await using q = await testQueue([indexDocument])
  const { submit } = q
  const throttled = async () => {
    // example: throttle
    const job = await submit(indexDocument, document, {
      idempotencyKey: document.id,
      idempotencyMs: 60_000,
    })
    // end of example
    return job.isNew
  }
  assert.deepEqual([await throttled(), await throttled()], [true, false])
  await q.advance(60_001)
  assert.equal(await throttled(), true)
})

test('a debounce waits for silence', async () => {
  await using q = await testQueue([indexDocument])
  const { submit } = q
  const debounced = async () => {
    // example: debounce
    const job = await submit(indexDocument, document, {
      debounce: { key: document.id, waitMs: 2_000, maxWaitMs: 30_000 },
    })
    // end of example
    return job.isNew
  }
  assert.deepEqual([await debounced(), await debounced()], [true, false])
  assert.equal((await q.db.query('select from millrace.deferred')).rows.length, 1)
})
