import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { PARTITIONS_MAX, queue } from './queue.ts'
import { LIFE_MS_MAX, task } from './task.ts'

const input = z.object({})
const refused = (error: unknown) => (error as { code?: string }).code === 'MILLRACE_CONTRACT_POLICY_INVALID'

describe('how long a job is wanted', () => {
  test('is for ever unless its task says otherwise', () => {
    const { ttlMs, jobTimeoutMs } = task('patient', { input })
    assert.deepEqual([ttlMs, jobTimeoutMs], [undefined, undefined])
  })

  for (const policy of ['ttlMs', 'jobTimeoutMs'] as const) {
    test(`${policy} goes from a millisecond to a year`, () => {
      for (const ms of [1, LIFE_MS_MAX]) assert.equal(task('mail', { input, [policy]: ms })[policy], ms)
      for (const ms of [0, -1, 1.5, Number.NaN, LIFE_MS_MAX + 1])
        assert.throws(() => task('mail', { input, [policy]: ms }), refused)
    })
  }
})

describe('partitions of a queue', () => {
  test('are 1 to 16', () => {
    for (const partitions of [1, PARTITIONS_MAX])
      assert.equal(queue('clicks', { partitions }).policy.partitions, partitions)
    for (const partitions of [0, 1.5, PARTITIONS_MAX + 1]) assert.throws(() => queue('clicks', { partitions }), refused)
  })

  test('are refused in a queue with other rules, which one scheduler hands out', () => {
    assert.throws(() => queue('clicks', { partitions: 2, concurrency: 8 }), refused)
    assert.equal(queue('clicks', { partitions: 1, concurrency: 8 }).isGoverned, true)
  })
})
