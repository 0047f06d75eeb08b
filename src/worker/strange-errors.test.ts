import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { ended, testQueue } from '../testing/test-worker.ts'
import { adding } from './fixture/adding.ts'
import { add } from './fixture/tasks.ts'
import { handlers } from './handler.ts'

describe('a handler that throws what nobody expects', () => {
  const strange: readonly (readonly [string, unknown])[] = [
    ['an object without a prototype', Object.create(null)],
    ['an error whose message is no string', Object.assign(new Error('x'), { message: { deep: true } })],
    ['an error without a name', Object.assign(new Error('x'), { name: undefined })],
    ['a code that ends in half a character', Object.assign(new Error('x'), { code: `${'c'.repeat(99)}\u{1f600}` })],
    ['nothing', undefined],
  ]
  for (const [what, thrown] of strange) {
    test(`${what}: its slot is free again, and its job fails like any other`, async () => {
      await using q = await testQueue([add])
      const entry = adding(async ({ input }) => {
        if (input.a === 0) throw thrown
        return { sum: input.a }
      })
      await q.work(handlers([entry], { concurrency: { default: 1 } }))
      const [bad, good] = await q.submitMany(add, [
        { a: 0, b: 0 },
        { a: 1, b: 0 },
      ])
      assert.equal((await ended(q, good?.id ?? '')).status, 'succeeded')
      assert.deepEqual([(await ended(q, bad?.id ?? '')).status], ['failed'])
    })
  }
})
