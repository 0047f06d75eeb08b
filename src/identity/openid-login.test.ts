/**
 * The relying party against a provider that misbehaves: the negative cases of the OpenID Connect conformance suite for
 * relying parties, by the tags of docs/security.md.
 */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { JWTPayload } from 'jose'
import { newSecret } from '../kernel/ids.ts'
import { encoded, hmacSigned, isRefused, login, newLogin, partyOf, refuses } from './relying-party-test-kit.ts'
import { CLIENT, rogueProvider, SUBJECT, signingKey } from './rogue-provider-test-kit.ts'

describe('a login at an honest provider', () => {
  test('answers who it is, with the roles that the application knows', async () => {
    await using rogue = await rogueProvider({ userInfo: (claims) => ({ ...claims, roles: ['editor', 'admin'] }) })
    const { said, grant, providerSession } = await login(rogue)
    assert.deepEqual(
      [said.issuer, said.subject, said.name, said.email, said.roles],
      [rogue.issuer, SUBJECT, 'Ada', 'ada@example.org', ['editor']],
    )
    assert.deepEqual([grant.refreshToken, providerSession], ['refresh-1', 'login-1'])
  })

  test('O2: uses PKCE with S256, a fresh verifier each time, and its verifier when it asks for tokens', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const url = await party.loginUrl(newLogin())
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256')
    assert.match(url.searchParams.get('code_challenge') ?? '', /^[\w-]{43}$/)
    await login(rogue, party)
    await login(rogue, party)
    const verifiers = rogue.tokenRequests.map((form) => form.get('code_verifier'))
    assert.equal(new Set(verifiers).size, 2)
    for (const verifier of verifiers) assert.match(verifier ?? '', /^[\w-]{43}$/)
  })

  test('O11: takes an e-mail address when the provider says that it is theirs, or is trusted where it says nothing', async () => {
    let verified: unknown
    await using rogue = await rogueProvider({ userInfo: (claims) => ({ ...claims, email_verified: verified }) })
    const emailsBy = async (emails: 'verified' | 'trusted') => {
      const party = partyOf(rogue, { facts: { rolesClaim: 'roles', roles: [], claims: [], emails } })
      const found: boolean[] = []
      for (verified of [true, 'true', false, 'false', 'yes', null, undefined])
        found.push((await login(rogue, party)).said.email !== undefined)
      return found
    }
    assert.deepEqual(await emailsBy('verified'), [true, true, false, false, false, false, false])
    assert.deepEqual(await emailsBy('trusted'), [true, true, false, false, false, false, true])
  })

  test('finds roles within other claims, and in claims whose names have dots', async () => {
    await using rogue = await rogueProvider({
      userInfo: (claims) => ({ ...claims, realm: { roles: ['viewer'] }, 'https://photos/roles': ['editor'] }),
    })
    const rolesBy = async (rolesClaim: string): Promise<readonly string[] | undefined> => {
      const facts = { rolesClaim, roles: ['editor', 'viewer'], claims: [], emails: 'verified' } as const
      const party = partyOf(rogue, { facts })
      return (await login(rogue, party)).said.roles
    }
    assert.deepEqual(await rolesBy('realm.roles'), ['viewer'])
    assert.deepEqual(await rolesBy('https://photos/roles'), ['editor'])
    assert.equal(await rolesBy('realm.nothing'), undefined)
  })
})

describe('a login is refused', () => {
  const withClaims = (change: (claims: JWTPayload) => JWTPayload) => () => refuses({ idClaims: change })

  test(
    'O3: when the nonce is another',
    withClaims((claims) => ({ ...claims, nonce: newSecret() })),
  )
  test(
    'O3: when there is no nonce',
    withClaims(({ nonce: _nonce, ...claims }) => claims),
  )

  test('O4: when the ID token is signed by nobody', () =>
    refuses({
      idToken: (claims) => `${encoded({ alg: 'none' })}.${encoded(claims)}.`,
    }))
  test('O4: when it is signed with the public key, as if that were a secret', async () => {
    await using rogue = await rogueProvider()
    rogue.lies.idToken = (claims) => hmacSigned(claims, JSON.stringify(rogue.key.public), rogue.key.kid)
    await assert.rejects(login(rogue), isRefused)
  })
  test('O4: when it is signed with the client’s own secret', () =>
    refuses({ idToken: (claims) => hmacSigned(claims, 'a secret', undefined) }))
  for (const alg of ['RS256', 'ES256'])
    test(`O4: when another key has signed it (${alg})`, async () => {
      await using rogue = await rogueProvider()
      const other = await signingKey(alg, rogue.key.kid)
      rogue.lies.idToken = (claims) => rogue.sign(claims, other)
      await assert.rejects(login(rogue), isRefused)
    })
  test('O4: when one character of the signature was changed', async () => {
    await using rogue = await rogueProvider()
    rogue.lies.idToken = async (claims) => {
      const token = await rogue.sign(claims)
      const at = token.length - 20
      return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
    }
    await assert.rejects(login(rogue), isRefused)
  })
  test('O4: when it names no key and there are many', async () => {
    await using rogue = await rogueProvider()
    const keys = [await signingKey(), await signingKey()]
    rogue.lies.keys = () => keys.map((key) => key.public)
    rogue.lies.idToken = (claims) => rogue.sign(claims, { ...(keys[0] ?? rogue.key), kid: undefined })
    await assert.rejects(login(rogue), isRefused)
  })

  test(
    'O5: when it is of another issuer',
    withClaims((claims) => ({ ...claims, iss: 'https://evil.example' })),
  )
  test(
    'O5: when it has no issuer',
    withClaims(({ iss: _iss, ...claims }) => claims),
  )
  test(
    'O5: when it is for another application',
    withClaims((claims) => ({ ...claims, aud: 'another' })),
  )
  test(
    'O5: when it is for nobody',
    withClaims(({ aud: _aud, ...claims }) => claims),
  )
  test(
    'O5: when it is for many and says not for whom it was made',
    withClaims((claims) => ({ ...claims, aud: [CLIENT, 'another'] })),
  )
  test(
    'O5: when it was made for another (azp)',
    withClaims((claims) => ({ ...claims, aud: [CLIENT, 'another'], azp: 'another' })),
  )
  test(
    'O5: when it names nobody',
    withClaims(({ sub: _sub, ...claims }) => claims),
  )
  test(
    'O5: when it does not say when it was made',
    withClaims(({ iat: _iat, ...claims }) => claims),
  )
  test(
    'O5: when it has expired',
    withClaims((claims) => ({ ...claims, iat: (claims.iat ?? 0) - 7_200, exp: (claims.exp ?? 0) - 7_200 })),
  )
  test(
    'O5: when it was made in the future',
    withClaims((claims) => ({ ...claims, iat: (claims.iat ?? 0) + 600, exp: (claims.exp ?? 0) + 600 })),
  )
  test(
    'O5: when it is not good yet',
    withClaims((claims) => ({ ...claims, nbf: (claims.iat ?? 0) + 3_600 })),
  )

  test('O6: when the answer is of another issuer (mix-up)', async () => {
    await using rogue = await rogueProvider()
    await assert.rejects(
      login(rogue, partyOf(rogue), (url) => url.searchParams.set('iss', 'https://evil.example')),
      isRefused,
    )
    assert.equal(rogue.tokenRequests.length, 0, 'the code is not given away')
  })
  test('O6: when the answer does not say of which issuer it is, though the provider always does', async () => {
    await using rogue = await rogueProvider()
    await assert.rejects(
      login(rogue, partyOf(rogue), (url) => url.searchParams.delete('iss')),
      isRefused,
    )
  })
  test('O1: when the state is another, or missing', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    await assert.rejects(
      login(rogue, party, (url) => url.searchParams.set('state', newSecret())),
      isRefused,
    )
    await assert.rejects(
      login(rogue, party, (url) => url.searchParams.delete('state')),
      isRefused,
    )
    assert.equal(rogue.tokenRequests.length, 0)
  })
  test('O12: when the user info is somebody else’s', () =>
    refuses({ userInfo: (claims) => ({ ...claims, sub: 'another' }) }))
  test('when there is no ID token', () => refuses({ tokens: ({ id_token: _id, ...tokens }) => tokens }))
  test('when the provider says that somebody may not, in words that are not repeated unless they are a code', async () => {
    await using rogue = await rogueProvider()
    const answered = (error: string) => (url: URL) => {
      url.searchParams.delete('code')
      url.searchParams.set('error', error)
    }
    const denied = { code: 'MILLRACE_IDENTITY_LOGIN_DENIED', message: /access_denied/ }
    await assert.rejects(login(rogue, partyOf(rogue), answered('access_denied')), denied)
    await assert.rejects(login(rogue, partyOf(rogue), answered('<script>alert(1)</script>')), (error: Error) => {
      assert.doesNotMatch(error.message, /script/)
      return true
    })
  })
})

describe('a provider whose description cannot be right', () => {
  test('O6: is not used: its issuer is another', async () => {
    await using rogue = await rogueProvider({ metadata: (all) => ({ ...all, issuer: 'https://evil.example' }) })
    await assert.rejects(partyOf(rogue).loginUrl(newLogin()), { code: 'MILLRACE_IDENTITY_PROVIDER_WRONG' })
  })
  test('is not used: it names no keys', async () => {
    await using rogue = await rogueProvider({ metadata: ({ jwks_uri: _keys, ...all }) => all })
    await assert.rejects(partyOf(rogue).loginUrl(newLogin()), { code: 'MILLRACE_IDENTITY_PROVIDER_WRONG' })
  })
})
