/** An application whose provider is its own, set by OIDC_…: its provider is a real server, which misbehaves as a test wants it to. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { JWTPayload } from 'jose'
import { accessClaims } from '../identity/relying-party-test-kit.ts'
import { CLIENT, type Lies, type RogueProvider, rogueProvider, SUBJECT } from '../identity/rogue-provider-test-kit.ts'
import type { Clock } from '../kernel/clock.ts'
import { newSecret } from '../kernel/ids.ts'
import { RENEW_MS } from '../session/session.ts'
import { TestBrowser } from '../web/browser-test-kit.ts'
import { openedPeople, type TestPeople } from '../web/identity-test-kit.ts'
import { tlsTerminator } from '../web/tls-test-kit.ts'
import { problemIn, until } from '../web/web-clients.test.ts'

const SECRET = 'of the application: ä/+'
const SESSION = '__Host-session'
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const REFUSED = 'MILLRACE_IDENTITY_LOGIN_REFUSED'

interface Own extends TestPeople {
  readonly rogue: RogueProvider
  readonly origin: string
}

async function opened(env: Readonly<Record<string, string>> = {}, lies: Lies = {}): Promise<Own> {
  await using stack = new AsyncDisposableStack()
  const rogue = stack.use(await rogueProvider(lies))
  const tls = stack.use(await tlsTerminator())
  const own = { OIDC_ISSUER: rogue.issuer, OIDC_CLIENT_ID: CLIENT, OIDC_CLIENT_SECRET: SECRET, ORIGIN: tls.origin }
  const people = stack.use(await openedPeople({ ...own, ...env }))
  tls.leadTo(await people.url())
  const rest = stack.move()
  const browser = (): TestBrowser => new TestBrowser(tls.origin)
  return { ...people, rogue, origin: tls.origin, browser, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** The time of an application under test stands still. */
const nowS = (clock: Clock): number => Math.floor(clock.now() / 1_000)

const me = async (browser: TestBrowser): Promise<number> => (await browser.send('/identity/me')).status

/** Begins a login. Answers where the provider is to be asked. */
async function begin(browser: TestBrowser): Promise<URL> {
  const answer = await browser.send('/identity/login?return=/mine')
  assert.equal(answer.status, 303, await answer.clone().text())
  return new URL(answer.headers.get('location') ?? '')
}

/** Comes back from the provider; `nonce`: the one that its ID token has. */
function comeBack({ rogue }: Own, browser: TestBrowser, sent: URL, nonce = sent.searchParams.get('nonce') ?? '') {
  const code = newSecret()
  rogue.nonces.set(code, nonce)
  const answer = { code, state: sent.searchParams.get('state') ?? '', iss: rogue.issuer }
  return browser.send(`/identity/callback?${new URLSearchParams(answer)}`)
}

/** A browser in which somebody has logged in. */
async function loggedIn(t: Own): Promise<TestBrowser> {
  const browser = t.browser()
  const back = await comeBack(t, browser, await begin(browser))
  assert.equal(back.status, 303, await back.clone().text())
  assert.equal(await me(browser), 200)
  return browser
}

describe('a login at a provider of one’s own', () => {
  test('asks for what is configured, proves who asks, and leads back into the application', async () => {
    const heard: (string | undefined)[] = []
    await using t = await opened(
      { OIDC_SCOPES: 'openid photos' },
      {
        answer(path, { headers }) {
          if (path === '/token') heard.push(headers.authorization)
          return false
        },
      },
    )
    const browser = t.browser()
    const sent = await begin(browser)
    const asked = ['client_id', 'redirect_uri', 'response_type', 'scope', 'code_challenge_method'] as const
    assert.equal(sent.origin + sent.pathname, `${t.rogue.issuer}/auth`)
    assert.deepEqual(
      asked.map((name) => sent.searchParams.get(name)),
      [CLIENT, `${t.origin}/identity/callback`, 'code', 'openid photos', 'S256'],
    )
    const answer = await comeBack(t, browser, sent)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/mine'])
    // the parts are form-encoded before they are put together (RFC 6749, 2.3.1)
    const [, basic = ''] = /^Basic (.+)$/.exec(heard.join()) ?? []
    const parts = Buffer.from(basic, 'base64').toString().replaceAll('+', ' ').split(':')
    assert.deepEqual(parts.map(decodeURIComponent), [CLIENT, SECRET])
    assert.equal(t.rogue.tokenRequests[0]?.get('redirect_uri'), `${t.origin}/identity/callback`)
    const { name, roles } = (await (await browser.send('/identity/me')).json()) as Record<string, unknown>
    assert.deepEqual([name, roles], ['Ada', ['editor']])
    assert.equal((await browser.send('/edit', { method: 'POST' })).status, 200)
  })

  test('asks for enough to be renewed unless it is told otherwise, and takes roles from the claim that is named', async () => {
    const lies: Lies = {
      userInfo: ({ roles: _roles, ...claims }) => ({ ...claims, realm_access: { roles: ['viewer'] } }),
    }
    await using t = await opened({ OIDC_ROLES_CLAIM: 'realm_access.roles' }, lies)
    const browser = t.browser()
    const sent = await begin(browser)
    assert.equal(sent.searchParams.get('scope'), 'openid profile email offline_access')
    await comeBack(t, browser, sent)
    const { roles } = (await (await browser.send('/identity/me')).json()) as { roles?: unknown }
    assert.deepEqual(roles, ['viewer'])
  })

  test('O3: whose ID token is of another login makes no session, and leaves the one that there was', async () => {
    await using t = await opened()
    const browser = await loggedIn(t)
    const before = browser.cookie(SESSION)
    const answer = await comeBack(t, browser, await begin(browser), newSecret())
    assert.deepEqual(answer.headers.getSetCookie(), [])
    await problemIn(answer, 400, REFUSED)
    assert.deepEqual([browser.cookie(SESSION), await me(browser)], [before, 200])
  })

  test('O15: is a 503 while the provider hangs, and those who have a session notice nothing', async () => {
    await using t = await opened()
    const [browser, late] = [await loggedIn(t), t.browser()]
    const sent = await begin(late)
    t.rogue.lies.answer = () => true
    const coming = comeBack(t, late, sent)
    await until('the provider is being asked', () => t.rogue.tokenRequests.length === 2)
    assert.equal(await me(browser), 200)
    const answer = await coming
    assert.deepEqual([answer.headers.get('retry-after'), answer.headers.getSetCookie()], ['1', []])
    await problemIn(answer, 503, 'MILLRACE_IDENTITY_PROVIDER_AWAY')
    assert.equal(await me(browser), 200)
  })
})

describe('a bearer token of a provider of one’s own', () => {
  const statusFor = async (
    { rogue, clock, browser }: Own,
    change: (claims: JWTPayload) => JWTPayload,
  ): Promise<number> => {
    const token = await rogue.sign(change({ ...accessClaims(rogue), iat: nowS(clock) }), rogue.key, { typ: 'at+jwt' })
    return (await browser().send('/edit', { method: 'POST', headers: { authorization: `Bearer ${token}` } })).status
  }

  test('O5: is for the client, where no audience is set, and for nobody else', async () => {
    await using t = await opened()
    assert.equal(await statusFor(t, (claims) => ({ ...claims, aud: CLIENT })), 200)
    assert.equal(await statusFor(t, (claims) => ({ ...claims, aud: 'urn:photos' })), 401)
    assert.equal(await statusFor(t, ({ aud: _aud, ...claims }) => claims), 401)
  })

  test('O5: is for the audience that is set, and no longer for the client', async () => {
    await using t = await opened({ OIDC_AUDIENCE: 'urn:photos' })
    assert.equal(await statusFor(t, (claims) => ({ ...claims, aud: 'urn:photos' })), 200)
    assert.equal(await statusFor(t, (claims) => ({ ...claims, aud: CLIENT })), 401)
  })
})

describe('O13: a logout that a provider of one’s own tells', () => {
  const tell = async (
    t: Own,
    change: (claims: JWTPayload) => JWTPayload,
  ): Promise<{ readonly status: number; again(): Promise<Response> }> => {
    const iat = nowS(t.clock)
    const claims = { iss: t.rogue.issuer, aud: CLIENT, iat, exp: iat + 120, jti: newSecret(), sub: SUBJECT }
    const token = await t.rogue.sign(change({ ...claims, events: { [LOGOUT_EVENT]: {} } }))
    const send = (): Promise<Response> =>
      t.browser().send('/identity/backchannel-logout', {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      })
    return { status: (await send()).status, again: send }
  }
  const withSid =
    (sid: string) =>
    ({ sub: _sub, ...claims }: JWTPayload): JWTPayload => ({ ...claims, sid })

  test('ends the sessions of that login and no other, once', async () => {
    await using t = await opened()
    const browser = await loggedIn(t)
    t.rogue.lies.idClaims = (claims) => ({ ...claims, sid: 'login-2' })
    const other = await loggedIn(t)
    const told = await tell(t, withSid('login-1'))
    assert.deepEqual([told.status, await me(browser), await me(other)], [200, 401, 200])
    // somebody who has come back since: what was told before does not end that
    t.rogue.lies.idClaims = (claims) => ({ ...claims, sid: 'login-3' })
    const later = await loggedIn(t)
    const { detail } = await problemIn(await told.again(), 400, 'MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID')
    assert.match(String(detail), /used already/)
    assert.equal(await me(later), 200)
  })

  test('without naming a login ends every session of that person, and nobody else’s', async () => {
    await using t = await opened()
    const own = [await loggedIn(t), await loggedIn(t)] as const
    t.rogue.lies.idClaims = (claims) => ({ ...claims, sub: 'subject-2', sid: 'login-2' })
    t.rogue.lies.userInfo = (claims) => ({ ...claims, sub: 'subject-2' })
    const other = await loggedIn(t)
    const { status } = await tell(t, (claims) => claims)
    assert.deepEqual([status, await me(own[0]), await me(own[1]), await me(other)], [200, 401, 401, 200])
  })
})

describe('a session whose time to be renewed has come', () => {
  /** Lets the time come, with a provider that lies from now on, and asks once, which begins the renewal. */
  const renew = async (t: Own, browser: TestBrowser, lies: Lies): Promise<void> => {
    Object.assign(t.rogue.lies, lies)
    await t.advance(RENEW_MS + 1_000)
    assert.equal(await me(browser), 200)
  }
  const accounts = async ({ db }: Own): Promise<unknown> =>
    (await db.query('select subject, name, roles from millrace.account order by subject')).rows

  test('takes over what the provider says now', async () => {
    await using t = await opened()
    const browser = await loggedIn(t)
    await renew(t, browser, { userInfo: (claims) => ({ ...claims, roles: ['viewer'] }) })
    await until('the role is gone', async () => (await browser.send('/edit', { method: 'POST' })).status === 403)
    assert.equal(t.rogue.tokenRequests.at(-1)?.get('refresh_token'), 'refresh-1')
  })

  test('O16: ends when the provider no longer takes its renewal token', async () => {
    await using t = await opened()
    const browser = await loggedIn(t)
    await renew(t, browser, {
      answer(path, _request, response) {
        if (path === '/token')
          response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
        return path === '/token'
      },
    })
    await until('it is over', async () => (await me(browser)) === 401)
  })

  const another: readonly (readonly [string, Lies])[] = [
    [
      'somebody else',
      { idClaims: (claims) => ({ ...claims, sub: 'another' }), userInfo: (said) => ({ ...said, sub: 'another' }) },
    ],
    ['somebody else’s user info', { userInfo: (said) => ({ ...said, sub: 'another' }) }],
    ['somebody of another issuer', { idClaims: (claims) => ({ ...claims, iss: 'https://evil.example' }) }],
  ]
  for (const [what, lies] of another)
    test(`O12: ends when it is answered for ${what}, who gets nothing of it`, async () => {
      await using t = await opened()
      const browser = await loggedIn(t)
      const before = await accounts(t)
      await renew(t, browser, lies)
      await until('it is over', async () => (await me(browser)) === 401)
      assert.deepEqual(await accounts(t), before)
    })

  test('O15: goes on when the provider is away, as it is', async () => {
    await using t = await opened()
    const browser = await loggedIn(t)
    await renew(t, browser, {
      answer(_path, _request, response) {
        response.writeHead(503).end()
        return true
      },
    })
    await until('the provider was asked', () => t.rogue.tokenRequests.length === 2)
    assert.equal((await browser.send('/edit', { method: 'POST' })).status, 200)
  })
})
