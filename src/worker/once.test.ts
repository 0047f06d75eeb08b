import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import { discard } from '../queue/dead-letters.ts'
import { findEffect, recordEffect } from '../queue/effects.ts'
import { purge } from '../queue/purge.ts'
import { ended, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
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

test('what was done outside is forgotten with the job: when it has succeeded, and when its dead letter is discarded', async () => {
  for (const [ends, tracked] of [
    ['well', true],
    ['well', false],
    ['badly', true],
    ['in a transaction', true],
  ] as const) {
    const telling = task('tell', { input: z.object({}), tracked, retry: { attempts: 1 } })
    await using q = await testQueue([telling])
    let hasTold = false
    const effects = async () => (await q.db.query('select from millrace.effect')).rows.length
    const told = handler(telling, async ({ once, transaction }) => {
      await once('tell', async () => {})
      hasTold = true
      if (ends === 'badly') throw new Error('no')
      if (ends === 'in a transaction') await transaction(async () => {})
    })
    await q.work(handlers([{ task: telling, load: async () => ({ default: told }) }]))
    const { id } = await q.submit(telling, {})
    if (ends === 'badly') {
      assert.equal((await ended(q, id)).status, 'failed')
      assert.equal(await effects(), 1, 'it may be redriven')
      await discard(q.db, [id])
    } else await until('it has told', async () => hasTold)
    await until(`it is forgotten of a job that ended ${ends}`, async () => (await effects()) === 0)
  }
})

test('what was done outside is remembered however long the next attempt is in coming', async () => {
  await using q = await testQueue([pay])
  const { id } = await q.submit(pay, { cents: 5 }, { delayMs: 1_000 })
  await recordEffect(q.db, id, 'charge', '"r5"')
  await q.advance(30 * 24 * 3_600_000)
  await purge(q.db)
  assert.equal(await findEffect(q.db, id, 'charge'), '"r5"')
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
