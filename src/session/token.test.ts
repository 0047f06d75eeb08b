import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { newSecret } from '../kernel/ids.ts'
import { hashOf, seal, unseal } from './token.ts'

describe('what is sealed for a token', () => {
  test('is read with it, and never looks the same twice', () => {
    const token = newSecret()
    const [a, b] = [seal(token, 'grant – é'), seal(token, 'grant – é')]
    assert.deepEqual([unseal(token, a), unseal(token, b)], ['grant – é', 'grant – é'])
    assert.notDeepEqual(a, b)
  })

  test('is not read with another, with what is stored of it, or once a bit has flipped', () => {
    const token = newSecret()
    const sealed = seal(token, 'grant')
    for (const other of [newSecret(), hashOf(token).toString('base64url'), `${token}a`, ''])
      assert.equal(unseal(other, sealed), undefined)
    for (let n = 0; n < sealed.length; n += 1) {
      const flipped = Buffer.from(sealed)
      flipped[n] = (flipped[n] ?? 0) ^ 1
      assert.equal(unseal(token, flipped), undefined)
    }
    for (const length of [0, 12, 27]) assert.equal(unseal(token, sealed.subarray(0, length)), undefined)
  })
})
