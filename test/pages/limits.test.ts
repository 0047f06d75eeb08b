/** The examples of docs/limits.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queue, task } from 'millrace'
import { handler, handlers } from 'millrace/worker'
import { z } from 'zod'
import { ended, testQueue } from '../../src/testing/test-worker.ts'

// example: limits
const bookings = queue('bookings', {
  concurrency: 8, // at a time, over all processes
  rate: { count: 1_000, perMs: 60_000 },
  perKey: { order: 'fifo' }, // one after another
  isFair: true,
})

const book = task('book', {
  input: z.object({ customer: z.string(), account: z.string(), cents: z.number() }),
  tracked: true,
  retry: { firstDelayMs: 10, delayMsMax: 10 },
  queue: bookings,
  tenant: ({ customer }) => customer,
  key: ({ account }) => account,
})
// end of example

test('the bookings of an account are made in order, through a retry', async () => {
  await using q = await testQueue([book])
  const booked: number[] = []
  const booking = handler(book, async ({ input, job }) => {
    if (input.cents === 1 && job.attempt === 1) throw new Error('not yet')
    booked.push(input.cents)
  })
  for (const cents of [1, 2]) await q.submit(book, { customer: 'ada', account: 'a', cents })
  const last = await q.submit(book, { customer: 'ada', account: 'a', cents: 3 })
  await q.work(handlers([{ task: book, load: async () => ({ default: booking }) }]))
  await ended(q, last.id)
  assert.deepEqual(booked, [1, 2, 3])
})

test('a submit may name another key', async () => {
  await using q = await testQueue([book])
  const { submit } = q
  const input = { customer: 'ada', account: 'a', cents: 1 }
  // example: key
  await submit(book, input, { key: 'b', tenant: 'ada' })
  // end of example
  const { rows } = await q.db.query('select (place).key, (place).tenant from millrace.entry')
  assert.deepEqual(rows, [{ key: 'b', tenant: 'ada' }])
})
