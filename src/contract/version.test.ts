import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from './task.ts'
import { canRun, oldestVersion, upcastInput, VERSION_MAX } from './version.ts'

const input = z.object({ to: z.string() })
const same = (old: unknown): unknown => old
const refused = (error: unknown) => (error as { code?: string }).code === 'MILLRACE_CONTRACT_POLICY_INVALID'

describe('the version of a task', () => {
  test('is 1 unless it says otherwise', () => {
    const plain = task('plain', { input })
    assert.deepEqual([plain.version, plain.upcast, oldestVersion(plain)], [1, {}, 1])
  })

  test('goes as far as its bound', () => {
    assert.equal(task('old', { input, version: VERSION_MAX }).version, VERSION_MAX)
    for (const version of [0, 1.5, VERSION_MAX + 1, Number.NaN])
      assert.throws(() => task('old', { input, version }), refused)
  })

  test('says what its release can run: its own, and what the upcasters reach', () => {
    const mail = task('mail', { input, version: 4, upcast: { 2: same, 3: same } })
    assert.deepEqual(
      [1, 2, 3, 4, 5].map((version) => canRun(mail, version)),
      [false, true, true, true, false],
    )
  })

  for (const [what, version, upcast] of [
    ['a gap', 4, { 1: same, 3: same }],
    ['the last step missing', 3, { 1: same }],
    ['a step to a version that is not there yet', 2, { 1: same, 2: same }],
    ['a step from version 0', 2, { 0: same, 1: same }],
    ['a step from something that is no version', 2, { '1.0': same } as never],
    ['what is no function', 2, { 1: 'same' as never }],
    ['upcasters of the first version', 1, { 1: same }],
  ] as const) {
    test(`is refused with ${what}`, () => {
      assert.throws(() => task('mail', { input, version, upcast }), refused)
    })
  }
})

test('an input goes through one upcaster after the other, from its own version on', () => {
  const mail = task('mail', {
    input,
    version: 3,
    upcast: {
      1: (old: { address: string }) => ({ recipient: old.address }),
      2: (old: { recipient: string }) => ({ to: old.recipient }),
    },
  })
  assert.deepEqual(upcastInput(mail, 1, { address: 'a@b' }), { to: 'a@b' })
  assert.deepEqual(upcastInput(mail, 2, { recipient: 'a@b' }), { to: 'a@b' })
  assert.deepEqual(upcastInput(mail, 3, { to: 'a@b' }), { to: 'a@b' })
})
