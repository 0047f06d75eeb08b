/** Identity over a provider that misbehaves: sessions that are renewed, and that the provider ends. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { JWTPayload } from 'jose'
import { systemClock } from '../kernel/clock.ts'
import { RENEW_MS } from '../session/session.ts'
import { OVERDUE_MS, OVERDUE_WAIT_MS } from './identity.ts'
import { openedIdentity } from './opened-identity-test-kit.ts'
import { type Lies, type RogueProvider, SUBJECT } from './rogue-provider-test-kit.ts'

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

  /** A login during which the provider says that it is over: when its code was taken, and user info is being asked for. */
  const duringLogin = async (lies: Lies, logout: (claims: JWTPayload) => JWTPayload): Promise<void> => {
    await using t = await openedIdentity(lies)
    const { account } = (await t.login()).principal
    await t.sessions.endOf(account, 'all')
    t.rogue.lies.answer = (path, _request, response) => {
      if (path !== '/userinfo') return false
      const told = t.logoutToken(logout).then((token) => t.identity.providerLogout(token))
      void told.finally(() => response.end(JSON.stringify({ sub: SUBJECT })))
      response.writeHead(200, { 'content-type': 'application/json' })
      return true
    }
    const isOver = { code: 'MILLRACE_IDENTITY_LOGIN_REFUSED', message: /it is over already/ }
    await assert.rejects(t.login(), isOver)
    assert.deepEqual(await t.sessions.list(account), [])
  }

  test('that comes while the login is being finished ends it', async () => {
    const nameless: Lies = { idClaims: ({ sid: _sid, ...claims }) => claims }
    await duringLogin({}, ({ sub: _sub, ...claims }) => claims)
    await duringLogin({}, ({ sid: _sid, ...claims }) => claims)
    await duringLogin(nameless, (claims) => claims)
  })

  test('of somebody does not keep them from logging in again', async () => {
    let later = 0
    await using t = await openedIdentity({
      idClaims: (claims) => ({ ...claims, iat: (claims.iat ?? 0) + later, sid: `login-${later}` }),
    })
    const { token } = await t.login()
    await t.identity.providerLogout(await t.logoutToken(({ sid: _sid, ...claims }) => claims))
    await t.identity.providerLogout(await t.logoutToken((claims) => ({ ...claims, sid: 'login-0' })))
    assert.equal(await t.sessions.find(token), undefined)
    later = 5
    assert.ok(await t.sessions.find((await t.login()).token))
  })

  test('ends the sessions of that login, and those of the same person to which the provider gave no name', async () => {
    let sid: string | undefined = 'login-1'
    await using t = await openedIdentity({
      idClaims: ({ sid: _sid, ...claims }) => (sid ? { ...claims, sid } : claims),
    })
    const one = await t.login()
    sid = 'login-2'
    const two = await t.login()
    sid = undefined
    const nameless = await t.login()
    await t.identity.providerLogout(await t.logoutToken())
    const living = [one, two, nameless].map(({ token }) => t.sessions.find(token))
    assert.deepEqual(
      (await Promise.all(living)).map((session) => session !== undefined),
      [false, true, false],
    )
  })
})

describe('renewing a session', () => {
  const answering = (rogue: RogueProvider, status: number, error: string): void => {
    rogue.lies.answer = (path, _request, response) => {
      if (path !== '/token') return false
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
      return true
    }
  }

  test('O16: ends it when the provider says that the grant is over, and for no other answer', async () => {
    await using t = await openedIdentity()
    const { token } = await t.login()
    for (const [status, error] of [
      [429, 'slow_down'],
      [401, 'invalid_client'],
      [503, 'away'],
    ] as const) {
      answering(t.rogue, status, error)
      await t.advance(RENEW_MS + 1_000)
      await t.identity.bySession(token)
      await t.identity.settled()
      assert.ok(await t.sessions.find(token), error)
    }
    answering(t.rogue, 400, 'invalid_grant')
    await t.advance(RENEW_MS + 1_000)
    await t.identity.bySession(token)
    await t.identity.settled()
    assert.equal(await t.sessions.find(token), undefined)
  })

  test('O16: uses a token once, though the provider goes away between its tokens and its user info', async () => {
    await using t = await openedIdentity()
    const { token } = await t.login()
    for (const away of ['/userinfo', '/jwks', '/nothing']) {
      t.rogue.lies.answer = (path, _request, response) => {
        if (path === away) response.writeHead(503).end()
        return path === away
      }
      await t.advance(RENEW_MS + 1_000)
      await t.identity.bySession(token)
      await t.identity.settled()
    }
    const used = t.rogue.tokenRequests.flatMap((form) => form.get('refresh_token') ?? [])
    assert.deepEqual(used, ['refresh-1', 'refresh-2', 'refresh-3'])
  })

  test('Z4: is waited for by who comes back after a long time: a role that was taken away is gone', async () => {
    await using t = await openedIdentity()
    const { token } = await t.login()
    const rolesNow = async () => (await t.identity.bySession(token))?.principal.roles
    t.rogue.lies.userInfo = ({ roles: _roles, ...claims }) => claims
    await t.advance(OVERDUE_MS + 1_000)
    const both = await Promise.all([rolesNow(), rolesNow()])
    assert.deepEqual(both, [[], []], 'whichever of the requests has begun it')
  })

  test('Z4: is waited for by who comes back after a long time: a login that is over lets nobody in', async () => {
    await using t = await openedIdentity()
    const { token } = await t.login()
    answering(t.rogue, 400, 'invalid_grant')
    await t.advance(OVERDUE_MS + 1_000)
    assert.equal(await t.identity.bySession(token), undefined)
  })

  test('is waited for in vain for a moment only', async () => {
    await using t = await openedIdentity()
    const { token } = await t.login()
    t.rogue.lies.answer = (path) => path === '/token'
    await t.advance(OVERDUE_MS + 1_000)
    const before = systemClock.monotonic()
    assert.deepEqual((await t.identity.bySession(token))?.principal.roles, ['editor'])
    assert.ok(systemClock.monotonic() - before < OVERDUE_WAIT_MS + 2_000)
  })

  test('is not waited for by who was here a moment ago', async () => {
    await using t = await openedIdentity()
    const { token } = await t.login()
    await t.advance(RENEW_MS + 1_000)
    t.rogue.lies.userInfo = ({ roles: _roles, ...claims }) => claims
    assert.deepEqual((await t.identity.bySession(token))?.principal.roles, ['editor'])
    await t.identity.settled()
    assert.deepEqual((await t.identity.bySession(token))?.principal.roles, [])
  })
})
