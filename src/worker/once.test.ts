import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { ended, testQueue } from '../testing/test-worker.ts'
import { handler, handlers } from './handler.ts'

const pay = task('pay', {
  input: z.object({ cents: z.number() }),
  output: z.object({ receipt: z.string() }),
  retry: { attempts: 3, firstDelayMs: 10 },
})

test('what a handler has done outside the database is not done again by a later attempt', async () => {
  await using q = await testQueue([pay])
  const charges: string[] = []
  let attempts = 0
  const paying = handler(pay, async ({ input, once }) => {
    attempts += 1
    const receipt = await once('charge', async (idempotencyKey) => {
      charges.push(idempotencyKey)
      return { number: `r${input.cents}` }
    })
    const nothing = await once('tell', async () => undefined)
    assert.equal(nothing, undefined)
    if (attempts < 3) throw new Error('the printer is on fire')
    return { receipt: receipt.number }
  })
  await q.work(handlers([{ task: pay, load: async () => ({ default: paying }) }]))
  const job = await q.submit(pay, { cents: 5 })
  assert.deepEqual((await ended(q, job.id)).result, { receipt: 'r5' })
  assert.deepEqual([charges, attempts], [[`${job.id}:charge`], 3])
})

test('what failed outside is done again, with the same idempotency key', async () => {
  await using q = await testQueue([pay])
  const keys: string[] = []
  const paying = handler(pay, async ({ once }) => {
    const receipt = await once('charge', async (idempotencyKey) => {
      keys.push(idempotencyKey)
      if (keys.length < 3) throw new Error('no answer')
      return 'r'
    })
    return { receipt }
  })
  await q.work(handlers([{ task: pay, load: async () => ({ default: paying }) }]))
  const job = await q.submit(pay, { cents: 5 })
  assert.equal((await ended(q, job.id)).status, 'succeeded')
  assert.deepEqual(
    keys,
    [1, 2, 3].map(() => `${job.id}:charge`),
  )
})

test('the record of an effect outlives a transaction that is rolled back', async () => {
  await using q = await testQueue([pay])
  let charges = 0
  let attempts = 0
  const paying = handler(pay, ({ once, transaction }) =>
    transaction(async () => {
      attempts += 1
      const receipt = await once('charge', async () => {
        charges += 1
        return 'r'
      })
      if (attempts === 1) throw new Error('undone')
      return { receipt }
    }),
  )
  await q.work(handlers([{ task: pay, load: async () => ({ default: paying }) }]))
  const job = await q.submit(pay, { cents: 5 })
  assert.equal((await ended(q, job.id)).status, 'succeeded')
  assert.equal(charges, 1)
})
