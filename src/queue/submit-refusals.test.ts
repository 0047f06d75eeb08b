import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { queue } from '../contract/queue.ts'
import { task } from '../contract/task.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { INLINE_BYTES_MAX } from './payload/payloads.ts'

const greet = task('greet', { input: z.object({ name: z.string().max(20) }) })
const _paint = task('paint', { input: z.object({ name: z.string() }), output: z.object({}) })
const big = task('big', { input: z.object({ text: z.string() }) })
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected

describe('submit refuses, before anything is stored,', () => {
  const cases: readonly (readonly [string, string, (q: TestQueue) => Promise<unknown>])[] = [
    [
      'an input that does not fit its schema',
      'MILLRACE_QUEUE_INPUT_INVALID',
      (q) => q.submit(greet, { name: 'x'.repeat(21) }),
    ],
    [
      'an input that is too large',
      'MILLRACE_QUEUE_PAYLOAD_TOO_LARGE',
      (q) => q.submit(big, { text: 'x'.repeat(INLINE_BYTES_MAX) }),
    ],
    [
      'a delay that is no number',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { delayMs: Number.NaN }),
    ],
    [
      'a moment that is none',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { runAt: new Date('tomorrow') }),
    ],
    [
      'a moment that is a text',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { runAt: '2027-01-01' as never }),
    ],
    [
      'V9: a moment in the year 300000',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { runAt: new Date(8.64e15) }),
    ],
    [
      'a moment beside a delay',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { runAt: new Date(), delayMs: 1 }),
    ],
    [
      'a moment beside a debounce',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { runAt: new Date(), debounce: { key: 'k', waitMs: 10 } }),
    ],
    ['V10: a negative delay', 'MILLRACE_QUEUE_OPTION_INVALID', (q) => q.submit(greet, { name: 'a' }, { delayMs: -1 })],
    [
      'V10: a priority that there is not',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { priority: 'constructor' as never }),
    ],
    ['an empty key', 'MILLRACE_QUEUE_OPTION_INVALID', (q) => q.submit(greet, { name: 'a' }, { idempotencyKey: '' })],
    [
      'a key too long',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { idempotencyKey: 'k'.repeat(201) }),
    ],
    [
      'a key cut in the middle of a character',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { uniqueKey: 'Ada 🎉'.slice(0, 5) }),
    ],
    [
      'a key with U+0000',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { idempotencyKey: 'a\0b' }),
    ],
    [
      'a debounce key cut in the middle of a character',
      'MILLRACE_QUEUE_OPTION_INVALID',
      (q) => q.submit(greet, { name: 'a' }, { debounce: { key: '\ud83c', waitMs: 1_000 } }),
    ],
    [
      'a task of a queue that nobody made',
      'MILLRACE_QUEUE_UNKNOWN',
      (q) => q.submit({ ...greet, queue: queue('elsewhere') }, { name: 'a' }),
    ],
  ]
  for (const [what, expected, submit] of cases) {
    test(what, async () => {
      await using q = await testQueue([greet, big])
      await assert.rejects(submit(q), code(expected))
      const { rows } = await q.db.query(
        'select from millrace.entry union all select from millrace.deferred union all select from millrace.unique_key',
      )
      assert.equal(rows.length, 0)
    })
  }
})
