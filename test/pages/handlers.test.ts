/** The examples of docs/handlers.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Task, task } from 'millrace'
import { type BatchHandler, batchHandler, type Handler, type HandlerEntry, handler, handlers } from 'millrace/worker'
import { z } from 'zod'
import { ended, testQueue } from '../../src/testing/test-worker.ts'

const text = z.object({ text: z.string() })
const output = z.object({ words: z.number() })
const countWords = task('words.count', { input: text, output, retry: { firstDelayMs: 1 } })
const pay = task('pay', { input: z.object({ cents: z.number() }), output: z.object({ receipt: z.string() }) })

const entry = (of: Task, run: unknown, more: Partial<HandlerEntry> = {}) =>
  handlers([{ task: of, load: async () => ({ default: run as Handler | BatchHandler }), ...more }])

// example: progress
const counting = handler(countWords, async ({ input, signal, progress }) => {
  const lines = input.text.split('\n')
  let words = 0
  for (const [n, line] of lines.entries()) {
    signal.throwIfAborted()
    words += line.split(' ').length
    progress((n + 1) / lines.length, `line ${n + 1}`)
  }
  return { words }
})
// end of example

test('a handler counts, and whoever has the job waits for its result', async () => {
  await using q = await testQueue([countWords])
  const { submit, resultOf } = q
  await q.work(entry(countWords, counting))
  // example: result
  const job = await submit(countWords, { text: 'to be\nor not' })
  const { words } = await resultOf(countWords, job, { timeoutMs: 10_000 })
  // end of example
  assert.equal(words, 4)
})

test('its rows and its completion are one commit', async () => {
  await using q = await testQueue([countWords])
  await q.db.query('create table counted (words integer)')
  // example: transaction
  const saving = handler(countWords, async ({ input, transaction }) => {
    const words = input.text.split(' ').length
    return transaction(async (tx) => {
      await tx.query('insert into counted (words) values ($1)', [words])
      return { words }
    })
  })
  // end of example
  await q.work(entry(countWords, saving))
  const job = await q.submit(countWords, { text: 'to be' })
  assert.equal((await ended(q, job.id)).status, 'succeeded')
  assert.deepEqual((await q.db.query('select words from counted')).rows, [{ words: 2 }])
})

test('a payment is recorded under its name', async () => {
  await using q = await testQueue([pay])
  const keys: string[] = []
  const bank = {
    async charge(cents: number, { idempotencyKey }: { idempotencyKey: string }) {
      keys.push(idempotencyKey)
      return `r${cents}`
    },
  }
  // example: once
  const paying = handler(pay, async ({ input, once }) => {
    const receipt = await once('charge', (idempotencyKey) => bank.charge(input.cents, { idempotencyKey }))
    return { receipt }
  })
  // end of example
  await q.work(entry(pay, paying))
  const job = await q.submit(pay, { cents: 5 })
  assert.deepEqual((await ended(q, job.id)).result, { receipt: 'r5' })
  assert.deepEqual(keys, [`${job.id}:charge`])
})

test('a batch answers for each of its jobs', async () => {
  await using q = await testQueue([countWords])
  // example: batch
  const countingMany = batchHandler(countWords, async ({ items }) =>
    items.map(({ input }) => {
      if (input.text === '') return new Error('there is nothing to count')
      return { words: input.text.split(' ').length }
    }),
  )
  // end of example
  const load = async () => ({ default: countingMany })
  // example: batches
  const batches = handlers([{ task: countWords, load, batch: { countMax: 100, waitMs: 20 } }])
  // end of example
  await q.work(batches)
  const jobs = await q.submitMany(countWords, [{ text: 'to be' }, { text: 'or' }])
  const results = await Promise.all(jobs.map(async (job) => (await ended(q, job.id)).result))
  assert.deepEqual(results, [{ words: 2 }, { words: 1 }])
})
