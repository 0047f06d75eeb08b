import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { readSettings } from '../../app/settings.ts'
import { isMillraceError } from '../../kernel/errors.ts'
import { newRandomId } from '../../kernel/ids.ts'
import { KEY_COUNT_MAX, payloadKeys } from './keys.ts'
import { newKey } from './payload-test-kit.ts'

const withCode = (code: string) => (error: unknown) => isMillraceError(error, code)
const owner = { id: newRandomId(), task: 'letter.send' }
const text = JSON.stringify({ to: 'ada@example.com', body: 'the engine weaves algebraic patterns' })

describe('what was sealed for a job', () => {
  const keys = payloadKeys(newKey('2026'))

  test('opens for it, and shows nothing of itself', () => {
    const { key, sealed } = keys.seal(owner, text)
    assert.deepEqual([key, keys.unseal(owner, key, sealed)], ['2026', text])
    assert.ok(!sealed.includes('algebraic') && !sealed.includes(Buffer.from('algebraic').toString('base64')))
  })

  test('is sealed anew each time', () => {
    assert.notDeepEqual(keys.seal(owner, text).sealed, keys.seal(owner, text).sealed)
  })

  test('opens for no other job and no other task', () => {
    const { key, sealed } = keys.seal(owner, text)
    for (const other of [
      { ...owner, id: newRandomId() },
      { ...owner, task: 'letter.burn' },
    ])
      assert.throws(() => keys.unseal(other, key, sealed), withCode('MILLRACE_QUEUE_PAYLOAD_UNREADABLE'))
  })

  test('does not open when a byte of it was changed, or some are missing', () => {
    const { key, sealed } = keys.seal(owner, text)
    for (let n = 0; n < sealed.length; n += 1) {
      const changed = Buffer.from(sealed)
      changed[n] = (changed[n] ?? 0) ^ 1
      assert.throws(() => keys.unseal(owner, key, changed), withCode('MILLRACE_QUEUE_PAYLOAD_UNREADABLE'))
    }
    for (const length of [0, 31, 32, sealed.length - 1])
      assert.throws(
        () => keys.unseal(owner, key, sealed.subarray(0, length)),
        withCode('MILLRACE_QUEUE_PAYLOAD_UNREADABLE'),
      )
  })

  test('does not open with another key under the same id', () => {
    const { key, sealed } = keys.seal(owner, text)
    assert.throws(
      () => payloadKeys(newKey('2026')).unseal(owner, key, sealed),
      withCode('MILLRACE_QUEUE_PAYLOAD_UNREADABLE'),
    )
  })
})

describe('several keys', () => {
  test('the first one seals, each of them unseals', () => {
    const [old, young] = [newKey('2025'), newKey('2026')]
    const before = payloadKeys(old).seal(owner, text)
    const rotated = payloadKeys(`${young}, ${old}`)
    assert.equal(rotated.unseal(owner, before.key, before.sealed), text)
    assert.equal(rotated.seal(owner, text).key, '2026')
  })

  test('a key that is not among them may come back: again can help', () => {
    const { key, sealed } = payloadKeys(newKey('gone')).seal(owner, text)
    assert.throws(
      () => payloadKeys(newKey('2026')).unseal(owner, key, sealed),
      (error: unknown) => isMillraceError(error, 'MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN') && error.retryable,
    )
  })

  test('are KEY_COUNT_MAX at most', () => {
    const named = (count: number): string => Array.from({ length: count }, (_, n) => newKey(`k${n}`)).join()
    payloadKeys(named(KEY_COUNT_MAX))
    assert.throws(() => payloadKeys(named(KEY_COUNT_MAX + 1)), /at most/)
  })
})

describe('PAYLOAD_KEYS', () => {
  const secret = randomBytes(32).toString('base64')
  const wrong: Readonly<Record<string, string>> = {
    'no id': secret,
    'an id in capitals': `K:${secret}`,
    'a key of 31 bytes': `k:${randomBytes(31).toString('base64')}`,
    'a key of 33 bytes': `k:${randomBytes(33).toString('base64')}`,
    'a key that is no base64': `k:${'*'.repeat(44)}`,
    'two keys of one id': `k:${secret},k:${secret}`,
    'an empty one': `k:${secret},`,
  }
  for (const [what, text] of Object.entries(wrong)) {
    test(`with ${what} is refused, and not shown`, () => {
      assert.throws(
        () => readSettings({ PAYLOAD_KEYS: text }),
        (error: unknown) => {
          assert.ok(isMillraceError(error, 'MILLRACE_SETTINGS_INVALID'))
          assert.match(error.message, /PAYLOAD_KEYS=\[hidden\]/)
          for (const part of text.split(/[:,]/).filter((word) => word.length > 8))
            assert.ok(!inspect(error, { depth: 9 }).includes(part))
          return true
        },
      )
    })
  }

  test('are not shown when settings are printed', () => {
    const settings = readSettings({ PAYLOAD_KEYS: `k:${secret}` })
    const hex = Buffer.from(secret, 'base64').toString('hex')
    for (const printed of [inspect(settings, { depth: 9, showHidden: true }), JSON.stringify(settings), `${settings}`])
      assert.ok(!printed.includes(secret) && !printed.replaceAll(' ', '').includes(hex.slice(0, 16)), printed)
  })
})
