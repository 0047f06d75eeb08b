/**
 * The relying party against a provider that misbehaves: the negative cases of the OpenID Connect conformance suite for
 * relying parties, by the tags of docs/security.md.
 */
import { strict as assert } from 'node:assert'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import type { JWTPayload } from 'jose'
import { systemClock } from '../kernel/clock.ts'
import { newSecret } from '../kernel/ids.ts'
import { openIdProvider } from './openid-provider.ts'
import type { LoggedIn, Provider } from './provider.ts'
import { CLIENT, type Lies, type RogueProvider, rogueProvider, SUBJECT, signingKey } from './rogue-provider-test-kit.ts'

const REDIRECT = 'https://photos.example/identity/callback'
const AUDIENCE = 'urn:photos'

const partyOf = (rogue: RogueProvider): Provider =>
  openIdProvider({
    issuer: rogue.issuer,
    clientId: CLIENT,
    clientSecret: 'a secret',
    redirectUri: REDIRECT,
    afterLogoutUri: 'https://photos.example/',
    scopes: ['openid', 'profile'],
    audience: AUDIENCE,
    facts: { rolesClaim: 'roles', roles: ['editor', 'viewer'], claims: ['department'] },
    clock: systemClock,
  })

const secretsOf = () => ({ state: newSecret(), nonce: newSecret(), verifier: newSecret() })

/** One login, through the front door; `answer` changes the address at which the browser comes back. */
async function login(
  rogue: RogueProvider,
  party: Provider = partyOf(rogue),
  answer: (url: URL) => void = () => {},
): Promise<LoggedIn> {
  const secrets = secretsOf()
  const sent = await party.loginUrl(secrets)
  const code = newSecret()
  rogue.nonces.set(code, sent.searchParams.get('nonce') ?? '')
  const back = new URL(REDIRECT)
  for (const [name, value] of Object.entries({ code, state: secrets.state, iss: rogue.issuer }))
    back.searchParams.set(name, value)
  answer(back)
  return party.finishLogin(back, secrets)
}

const isRefused = { code: 'MILLRACE_IDENTITY_LOGIN_REFUSED' }

async function refuses(lies: Lies, expected: { readonly code: string } = isRefused): Promise<void> {
  await using rogue = await rogueProvider(lies)
  await assert.rejects(login(rogue), expected)
}

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
    const url = await party.loginUrl(secretsOf())
    assert.equal(url.searchParams.get('code_challenge_method'), 'S256')
    assert.match(url.searchParams.get('code_challenge') ?? '', /^[\w-]{43}$/)
    await login(rogue, party)
    await login(rogue, party)
    const verifiers = rogue.tokenRequests.map((form) => form.get('code_verifier'))
    assert.equal(new Set(verifiers).size, 2)
    for (const verifier of verifiers) assert.match(verifier ?? '', /^[\w-]{43}$/)
  })

  test('does not take an e-mail address that the provider has not verified', async () => {
    await using rogue = await rogueProvider({ userInfo: (claims) => ({ ...claims, email_verified: false }) })
    assert.equal((await login(rogue)).said.email, undefined)
  })

  test('finds roles within other claims, and in claims whose names have dots', async () => {
    await using rogue = await rogueProvider({
      userInfo: (claims) => ({ ...claims, realm: { roles: ['viewer'] }, 'https://photos/roles': ['editor'] }),
    })
    const rolesBy = async (rolesClaim: string): Promise<readonly string[] | undefined> => {
      const facts = { rolesClaim, roles: ['editor', 'viewer'], claims: [] }
      const party = openIdProvider({ ...PARTS, issuer: rogue.issuer, facts })
      return (await login(rogue, party)).said.roles
    }
    assert.deepEqual(await rolesBy('realm.roles'), ['viewer'])
    assert.deepEqual(await rolesBy('https://photos/roles'), ['editor'])
    assert.equal(await rolesBy('realm.nothing'), undefined)
  })
})

const PARTS = {
  clientId: CLIENT,
  clientSecret: 'a secret',
  redirectUri: REDIRECT,
  afterLogoutUri: 'https://photos.example/',
  scopes: ['openid'],
  audience: AUDIENCE,
  clock: systemClock,
}

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
    await assert.rejects(partyOf(rogue).loginUrl(secretsOf()), { code: 'MILLRACE_IDENTITY_PROVIDER_WRONG' })
  })
  test('is not used: it names no keys', async () => {
    await using rogue = await rogueProvider({ metadata: ({ jwks_uri: _keys, ...all }) => all })
    await assert.rejects(partyOf(rogue).loginUrl(secretsOf()), { code: 'MILLRACE_IDENTITY_PROVIDER_WRONG' })
  })
})

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

  test('O8: may change between two logins', async () => {
    await using rogue = await rogueProvider()
    await login(rogue)
    const next = await signingKey('RS256')
    rogue.lies.keys = () => [rogue.key.public, next.public]
    rogue.lies.idToken = (claims) => rogue.sign(claims, next)
    assert.equal((await login(rogue)).said.subject, SUBJECT)
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

describe('O15: a provider that', () => {
  const away = { code: 'MILLRACE_IDENTITY_PROVIDER_AWAY' }

  test('does not answer is away, within ten seconds', async () => {
    await using rogue = await rogueProvider({ answer: (path) => path === '/token' })
    const before = systemClock.monotonic()
    await assert.rejects(login(rogue), away)
    assert.ok(systemClock.monotonic() - before < 10_000)
  })
  test('answers without an end is away, and is not read to the end', async () => {
    let sent = 0
    await using rogue = await rogueProvider({
      answer: (path, _request, response) => {
        if (path !== '/token') return false
        response.writeHead(200, { 'content-type': 'application/json' })
        const more = (): void => {
          if (response.destroyed || sent > 100 * 1024 * 1024) return
          sent += 65_536
          if (response.write('x'.repeat(65_536))) setImmediate(more)
          else response.once('drain', more)
        }
        more()
        return true
      },
    })
    await assert.rejects(login(rogue), away)
    assert.ok(sent < 20 * 1024 * 1024, `${sent} bytes were sent`)
  })
  test('fails is away', () =>
    refuses(
      {
        answer: (path, _request, response) => {
          if (path === '/token') response.writeHead(500).end('oh')
          return path === '/token'
        },
      },
      away,
    ))
  test('sends somewhere else is not followed', async () => {
    await using rogue = await rogueProvider({
      answer: (path, _request, response) => {
        if (path === '/token') response.writeHead(307, { location: '/elsewhere' }).end()
        return path === '/token'
      },
    })
    await assert.rejects(login(rogue))
    assert.equal(rogue.asked.get('/elsewhere'), undefined)
  })
  test('is not there is away', async () => {
    const rogue = await rogueProvider()
    await rogue[Symbol.asyncDispose]()
    await assert.rejects(partyOf(rogue).loginUrl(secretsOf()), away)
  })
  test('goes away after it was known once is used by what it said then', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    await login(rogue, party)
    rogue.lies.answer = (path, _request, response) => {
      if (path.startsWith('/.well-known')) response.writeHead(503).end()
      return path.startsWith('/.well-known')
    }
    assert.equal((await login(rogue, party)).said.subject, SUBJECT)
  })
})

describe('renewing', () => {
  const grantOf = (rogue: RogueProvider, party: Provider) => login(rogue, party).then(({ grant }) => grant)

  test('answers what the provider says now, and the token for the next time', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.userInfo = (claims) => ({ ...claims, roles: ['viewer'] })
    const renewed = await party.renew(grant)
    assert.deepEqual([renewed.said.roles, renewed.grant.refreshToken], [['viewer'], 'refresh-2'])
    assert.equal(rogue.tokenRequests.at(-1)?.get('refresh_token'), 'refresh-1')
  })
  test('O16: is over when the provider no longer takes the token', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.answer = (path, _request, response) => {
      if (path !== '/token') return false
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      return true
    }
    await assert.rejects(party.renew(grant), isRefused)
  })
  test('O12: is over when it is suddenly somebody else', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.idClaims = (claims) => ({ ...claims, sub: 'another' })
    rogue.lies.userInfo = (claims) => ({ ...claims, sub: 'another' })
    await assert.rejects(party.renew(grant), isRefused)
    rogue.lies.idClaims = (claims) => ({ ...claims, iss: 'https://evil.example' })
    await assert.rejects(party.renew(grant), isRefused)
  })
  test('throws, and is over for nobody, when the provider is away', async () => {
    await using rogue = await rogueProvider()
    const party = partyOf(rogue)
    const grant = await grantOf(rogue, party)
    rogue.lies.answer = (_path, _request, response) => {
      response.writeHead(503).end()
      return true
    }
    await assert.rejects(party.renew(grant), { code: 'MILLRACE_IDENTITY_PROVIDER_AWAY' })
  })
})

function accessClaims(rogue: RogueProvider): JWTPayload {
  const nowS = Math.floor(Date.now() / 1_000)
  return {
    iss: rogue.issuer,
    sub: SUBJECT,
    aud: AUDIENCE,
    iat: nowS,
    exp: nowS + 300,
    scope: 'read write',
    roles: ['editor'],
  }
}

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
  const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
  const logoutClaims = (rogue: RogueProvider): JWTPayload => {
    const nowS = Math.floor(Date.now() / 1_000)
    return {
      iss: rogue.issuer,
      aud: CLIENT,
      iat: nowS,
      exp: nowS + 120,
      jti: newSecret(),
      sid: 'login-1',
      sub: SUBJECT,
      events: { [EVENT]: {} },
    }
  }
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

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function hmacSigned(claims: JWTPayload, secret: string, kid: string | undefined, typ = 'JWT'): string {
  const head = `${encoded({ alg: 'HS256', typ, ...(kid === undefined ? {} : { kid }) })}.${encoded(claims)}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}
