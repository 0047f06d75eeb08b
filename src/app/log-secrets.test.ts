/** What is secret, in every place where an application meets it, and the log of its processes: at its most talkative, as it is. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { accessClaims } from '../identity/relying-party-test-kit.ts'
import { CLIENT, type Lies, rogueProvider, SUBJECT } from '../identity/rogue-provider-test-kit.ts'
import { freePort } from '../kernel/free-port.ts'
import { newSecret } from '../kernel/ids.ts'
import { RENEW_MS } from '../session/session.ts'
import { startApp } from '../testing/started-app.ts'
import { testDatabase } from '../testing/test-database.ts'
import { until } from '../testing/until.ts'
import { TestBrowser } from '../web/browser-test-kit.ts'
import careless from './fixture/careless-app.ts'

const APP = fileURLToPath(new URL('fixture/careless-app.ts', import.meta.url))

test('G1, O14: no secret is in the log, wherever it came from and whatever failed with it', async () => {
  const secrets = new Map<string, string>()
  /** Something secret that is in use at a place. */
  const at = (place: string, secret = `s${newSecret()}`): string => {
    secrets.set(place, secret)
    return secret
  }

  await using provider = await rogueProvider()
  const { lies } = provider
  lies.idToken = async (claims) => at(`an ID token, ${secrets.size}`, await provider.sign(claims))
  const tokens: Lies['tokens'] = (given) => ({
    ...given,
    access_token: at(`an access token, ${secrets.size}`),
    refresh_token: at(`a refresh token, ${secrets.size}`),
  })
  lies.tokens = tokens
  await using t = await testDatabase(careless)
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const databaseUrl = new URL(t.url)
  databaseUrl.password = at('the password of the database')
  const env = {
    DATABASE_URL: databaseUrl.href,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: CLIENT,
    OIDC_CLIENT_SECRET: at('the secret of the client'),
    ORIGIN: origin,
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'json',
  }
  await using app = await startApp(APP, { port, env })

  const browser = new TestBrowser(origin)
  const login = async (): Promise<number> => {
    const sent = new URL((await browser.send('/identity/login')).headers.get('location') ?? '')
    const [code, state] = [
      at(`a code, ${secrets.size}`),
      at(`a state, ${secrets.size}`, sent.searchParams.get('state') ?? ''),
    ]
    provider.nonces.set(code, at(`a nonce, ${secrets.size}`, sent.searchParams.get('nonce') ?? ''))
    at(`the cookie of a login, ${secrets.size}`, browser.cookie('login'))
    return (await browser.send(`/identity/callback?${new URLSearchParams({ code, state, iss: provider.issuer })}`))
      .status
  }
  const post = async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<number> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return (
      await browser.send(path, {
        method: 'POST',
        body: text,
        headers: { 'content-type': 'application/json', ...headers },
      })
    ).status
  }
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  // what a client sends
  assert.equal(
    (await browser.send(`/mine?token=${at('a query')}`, { headers: bearer(at('Authorization')) })).status,
    401,
  )
  assert.equal(
    (
      await browser.send('/mine', {
        headers: { cookie: `session=${at('a session cookie')}; other=${at('another cookie')}` },
      })
    ).status,
    401,
  )
  assert.equal(await post('/pins', { pin: 1, more: at('a body that is refused') }), 400)
  assert.equal(await post('/pins', `{"pin":${at('a body that is no JSON')}}`), 400)
  assert.equal(await post(`/nowhere?pin=${at('a query to nowhere')}`, { pin: at('a body to nowhere') }), 404)
  const failing = { pin: at('an error that hangs on another') }
  assert.equal(await post('/failures', failing, bearer(at('an Authorization that is logged'))), 500)
  assert.equal(await post('/pins', { pin: at('the input of a job that dies') }), 202)

  // what a provider answers: good, and such that the answer itself is the error
  assert.equal(await login(), 303)
  at('the session', browser.cookie('session'))
  const token = at(
    'a bearer token',
    await provider.sign({ ...accessClaims(provider), aud: CLIENT }, provider.key, { typ: 'at+jwt' }),
  )
  assert.equal((await browser.send('/mine', { headers: bearer(token) })).status, 200)
  const wrong: readonly Lies[] = [
    { tokens: (given) => ({ ...tokens(given), expires_in: 'soon' }) },
    { tokens: (given) => ({ ...tokens(given), token_type: 'unheard-of' }) },
    { idClaims: (claims) => ({ ...claims, aud: 'another' }) },
    { userInfo: (claims) => ({ ...claims, sub: 'another' }) },
  ]
  const nowS = Math.floor(Date.now() / 1_000)
  for (const lie of wrong) {
    Object.assign(lies, lie)
    assert.equal(await login(), 400, JSON.stringify(Object.keys(lie)))
    Object.assign(lies, { tokens, idClaims: undefined, userInfo: undefined })
  }
  const logout = await provider.sign({ iss: provider.issuer, aud: CLIENT, iat: nowS, sub: SUBJECT })
  const form = new URLSearchParams({ logout_token: at('a logout token', logout) })
  assert.equal((await browser.send('/identity/backchannel-logout', { method: 'POST', body: form })).status, 400)

  // what goes on behind: a renewal that comes to nothing, and a job that dies
  await t.advance(RENEW_MS + 1_000)
  Object.assign(lies, wrong[0])
  const before = provider.tokenRequests.length
  await browser.send('/mine')
  await until('it was to be renewed', async () => provider.tokenRequests.length > before)
  await until('it is given up', async () => app.output().includes('could not be renewed'))
  await until('the job is dead', async () => (await t.db.query('select 1 from millrace.dead')).rows.length === 1)
  app.child.kill('SIGTERM')
  await app.exited

  const log = app.output()
  for (const said of [
    'answered 401',
    'answered 400',
    'answered 404',
    'answered 500',
    'somebody has logged in',
    '"token":"[hidden]"',
    'could not be renewed',
  ])
    assert.ok(log.includes(said), `the log says: ${said}`)
  assert.ok(secrets.size > 30)
  for (const [place, secret] of secrets) assert.ok(!log.includes(secret), `${place} is in the log`)
})
