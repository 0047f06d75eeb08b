/** Identity over a provider that misbehaves: sessions that are renewed, and that the provider ends. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { openedIdentity } from './opened-identity-test-kit.ts'

describe('O13: a logout at the provider', () => {
  const used = { code: 'MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID', message: /used already/ }

  test('whose carrying out failed is carried out when it comes again, and only then counts as used', async () => {
    await using t = await openedIdentity()
    const { token } = await t.login()
    const logout = await t.logoutToken()
    t.failing.add('endOfProvider')
    await assert.rejects(t.identity.providerLogout(logout), /flaky/)
    assert.ok(await t.sessions.find(token))
    t.failing.clear()
    await t.identity.providerLogout(logout)
    assert.equal(await t.sessions.find(token), undefined)
    await assert.rejects(t.identity.providerLogout(logout), used)
  })
})
