/** Tokens that others bring, and the keys that they are checked by. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { JWTPayload } from 'jose'
import { systemClock } from '../kernel/clock.ts'
import { newSecret } from '../kernel/ids.ts'
import { KEYS_AGAIN_MS, METADATA_MS_MAX } from './discovery.ts'
import { logoutClaims } from './opened-identity-test-kit.ts'
import { accessClaims, encoded, hmacSigned, isRefused, login, partyOf } from './relying-party-test-kit.ts'
import { CLIENT, rogueProvider, SUBJECT, signingKey } from './rogue-provider-test-kit.ts'

describe('the keys of a provider', () => {
  test('O7: are those that it names, never those that a token names', async () => {
    await using rogue = await rogueProvider()
    const evil = await signingKey()
    const header = {
      jwk: evil.public,
      jku: `${rogue.issuer}/evil-keys`,
      x5u: `${rogue.issuer}/evil-certificate`,
    }
    rogue.lies.idToken = (claims) => rogue.sign(claims, { ...evil, kid: rogue.key.kid }, header)
    const party = partyOf(rogue)
    await assert.rejects(login(rogue, party), isRefused)
    await assert.rejects(
      party.checkAccessToken(
        await rogue.sign(accessClaims(rogue), { ...evil, kid: rogue.key.kid }, { ...header, typ: 'at+jwt' }),
      ),
    )
    assert.deepEqual([rogue.asked.get('/evil-keys'), rogue.asked.get('/evil-certificate')], [undefined, undefined])
  })

  test('O8: may change between two logins', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: systemClock.now() })
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    await login(rogue, party)
    const next = await signingKey('RS256')
    rogue.lies.keys = () => [rogue.key.public, next.public]
    rogue.lies.idToken = (claims) => rogue.sign(claims, next)
    t.mock.timers.tick(KEYS_AGAIN_MS)
    assert.equal((await login(rogue, party)).said.subject, SUBJECT)
  })

  test('O8: are worth nothing an hour after the provider has withdrawn them', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: systemClock.now() })
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    await login(rogue, party)
    const next = await signingKey()
    rogue.lies.keys = () => [next.public]
    t.mock.timers.tick(METADATA_MS_MAX)
    await assert.rejects(login(rogue, party), isRefused)
    rogue.lies.idToken = (claims) => rogue.sign(claims, next)
    assert.equal((await login(rogue, party)).said.subject, SUBJECT)
  })

  test('O8: are asked for once, however many tokens name keys that are not known', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    await party.checkAccessToken(await rogue.sign(accessClaims(rogue), rogue.key, { typ: 'at+jwt' }))
    const before = rogue.asked.get('/jwks') ?? 0
    const stranger = await signingKey()
    const tokens = await Promise.all(
      Array.from({ length: 50 }, () =>
        rogue.sign(accessClaims(rogue), { ...stranger, kid: newSecret() }, { typ: 'at+jwt' }),
      ),
    )
    for (let n = 0; n < 1_000; n += 1)
      await assert.rejects(party.checkAccessToken(tokens[n % tokens.length] ?? ''), {
        code: 'MILLRACE_IDENTITY_TOKEN_INVALID',
      })
    assert.ok((rogue.asked.get('/jwks') ?? 0) - before <= 1)
  })
})

describe('an access token', () => {
  const check = async (
    change: (claims: JWTPayload) => JWTPayload = (claims) => claims,
    header: Record<string, unknown> = { typ: 'at+jwt' },
  ) => {
    await using rogue = await rogueProvider()
    return await partyOf(rogue).checkAccessToken(await rogue.sign(change(accessClaims(rogue)), rogue.key, header))
  }
  const invalid = { code: 'MILLRACE_IDENTITY_TOKEN_INVALID' }

  test('says who sends it, their roles and its scopes', async () => {
    const { said, scopes } = await check()
    assert.deepEqual([said.subject, said.roles, scopes], [SUBJECT, ['editor'], ['read', 'write']])
    assert.equal(said.isAll, false, 'what it leaves out may be so all the same')
  })

  const bad: readonly (readonly [string, (claims: JWTPayload) => JWTPayload])[] = [
    ['of another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['for another audience', (claims) => ({ ...claims, aud: CLIENT })],
    ['that has expired', (claims) => ({ ...claims, exp: (claims.iat ?? 0) - 10 })],
    ['that never expires', ({ exp: _exp, ...claims }) => claims],
    ['from the future', (claims) => ({ ...claims, iat: (claims.iat ?? 0) + 600 })],
    ['that is not good yet', (claims) => ({ ...claims, nbf: (claims.iat ?? 0) + 600 })],
    ['of nobody', ({ sub: _sub, ...claims }) => claims],
  ]
  for (const [what, change] of bad) test(`O5: ${what} is refused`, () => assert.rejects(check(change), invalid))

  test('that is an ID token is refused', () =>
    assert.rejects(
      check((claims) => claims, { typ: 'JWT' }),
      invalid,
    ))
  test('O4: that nobody has signed, or that is none at all, is refused', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const claims = accessClaims(rogue)
    const strange = [
      `${encoded({ alg: 'none', typ: 'at+jwt' })}.${encoded(claims)}.`,
      hmacSigned(claims, JSON.stringify(rogue.key.public), rogue.key.kid, 'at+jwt'),
      'a.b.c',
      '',
      '...',
    ]
    for (const token of strange) await assert.rejects(party.checkAccessToken(token), invalid)
  })
})

describe('O13: a logout token', () => {
  const check = async (change: (claims: JWTPayload) => JWTPayload) => {
    await using rogue = await rogueProvider()
    return await partyOf(rogue).checkLogoutToken(await rogue.sign(change(logoutClaims(rogue))))
  }
  const invalid = { code: 'MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID' }

  test('says which login is over', async () => {
    const { providerSession, subject } = await check((claims) => claims)
    assert.deepEqual([providerSession, subject], ['login-1', SUBJECT])
  })
  const bad: readonly (readonly [string, (claims: JWTPayload) => JWTPayload])[] = [
    ['for another application', (claims) => ({ ...claims, aud: 'another' })],
    ['of another issuer', (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['with a nonce', (claims) => ({ ...claims, nonce: 'n' })],
    ['without its event', ({ events: _events, ...claims }) => claims],
    ['of another event', (claims) => ({ ...claims, events: { 'https://example/other': {} } })],
    ['without an id', ({ jti: _jti, ...claims }) => claims],
    ['that names neither user nor login', ({ sub: _sub, sid: _sid, ...claims }) => claims],
    ['that does not say when it was made', ({ iat: _iat, ...claims }) => claims],
    ['that is old', (claims) => ({ ...claims, iat: (claims.iat ?? 0) - 3_600, exp: (claims.exp ?? 0) + 3_600 })],
    ['that has expired', (claims) => ({ ...claims, exp: (claims.iat ?? 0) - 60 })],
  ]
  for (const [what, change] of bad) test(`${what} is refused`, () => assert.rejects(check(change), invalid))
  test('that nobody has signed is refused', async () => {
    await using rogue = await rogueProvider()
    const token = `${encoded({ alg: 'none' })}.${encoded(logoutClaims(rogue))}.`
    await assert.rejects(partyOf(rogue).checkLogoutToken(token), invalid)
  })
})
