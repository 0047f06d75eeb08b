/** Logging in and out through a real provider, the local one, over real HTTP. */
import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { LOGIN_LIFE_MS } from '../identity/logins.ts'
import { newSecret } from '../kernel/ids.ts'
import { until } from '../testing/until.ts'
import { NAVIGATION } from './browser-test-kit.ts'
import { openedPeople } from './identity-test-kit.ts'
import { cookieNames } from './session-cookie.ts'
import { problemIn } from './web-clients.test.ts'

describe('a login', () => {
  test('leads through the provider back to where somebody wanted to go, and they are known from then on', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    const { url, answer } = await browser.login('ada', '/mine?page=2')
    assert.deepEqual([new URL(url).pathname + new URL(url).search, answer.status], ['/mine?page=2', 200])
    assert.deepEqual(await answer.json(), { is: 'Ada Lovelace' })
    const me = (await (await browser.send('/identity/me')).json()) as Record<string, unknown>
    assert.deepEqual([me['name'], me['email'], me['roles']], ['Ada Lovelace', 'ada@example.org', ['editor']])
  })

  test('asks nothing a second time while the provider knows the browser', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    browser.setCookie('session', '')
    const { answer } = await browser.go('/identity/login?return=/mine')
    assert.deepEqual(await answer.json(), { is: 'Ada Lovelace' })
  })

  test('C1: gives the session to the browser alone: HttpOnly, SameSite=Lax, for the whole host and no other', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    const line = browser.lines.find((one) => one.startsWith('session=')) ?? ''
    assert.match(line, /^session=[\w-]{43};/)
    assert.match(line, /; Path=\/(;|$)/)
    assert.match(line, /; HttpOnly(;|$)/)
    assert.match(line, /; SameSite=Lax(;|$)/)
    assert.match(line, /; Max-Age=2592000(;|$)/)
    assert.doesNotMatch(line, /Domain/i)
  })

  test('C1: under https its cookies are Secure, and only this host can have set them', async () => {
    await using t = await openedPeople({ ORIGIN: 'https://photos.example' })
    const answer = await t.request({ url: '/identity/login', headers: { host: 'photos.example' } })
    const line = String(answer.headers['set-cookie'])
    assert.match(line, /^__Host-login=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    assert.equal(cookieNames('https://photos.example').session, '__Host-session')
  })

  test('C3: ends the session that the browser had before', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    const before = browser.cookie('session') ?? ''
    await browser.login('ada')
    assert.notEqual(browser.cookie('session'), before)
    const old = t.browser()
    old.setCookie('session', before)
    await problemIn(await old.send('/identity/me'), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
  })

  test('C3: does not take a session id that somebody else has put into the browser', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    const planted = newSecret()
    browser.setCookie('session', planted)
    await browser.login('ada')
    assert.notEqual(browser.cookie('session'), planted)
  })

  test('O1: is finished only by the browser that began it, once, and not for ever', async () => {
    await using t = await openedPeople()
    const [victim, attacker] = [t.browser(), t.browser()]
    const first = await victim.callback('ada')
    await problemIn(await attacker.send(first), 400, REFUSED)
    assert.equal(attacker.cookie('session'), undefined)
    assert.equal((await victim.send(first)).status, 303)
    // O9: again
    const session = victim.cookie('session')
    await problemIn(await victim.send(first), 400, REFUSED)
    assert.equal(victim.cookie('session'), session)
    for (const path of [
      '/identity/callback',
      '/identity/callback?code=a',
      `/identity/callback?code=a&state=${newSecret()}`,
    ])
      await problemIn(await victim.send(path), 400, REFUSED)
    const late = await victim.callback('ada')
    await t.db.query(`update millrace.login set expires_at = millrace.now() - interval '1 ms'`)
    await problemIn(await victim.send(late), 400, REFUSED)
    assert.ok(LOGIN_LIFE_MS <= 600_000)
  })

  test('O2: with a code from another login fails', async () => {
    await using t = await openedPeople()
    const [a, b] = [t.browser(), t.browser()]
    const [mine, stolen] = [new URL(await a.callback('ada')), new URL(await b.callback('ada'))]
    mine.searchParams.set('code', stolen.searchParams.get('code') ?? '')
    await problemIn(await a.send(mine.href), 400, REFUSED)
  })

  test('O10: leads to a place of the application, whatever the address says', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    for (const path of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example/',
      'https:evil.example',
      'javascript:alert(1)',
      '/\t/evil.example',
      '/.//evil.example',
      '/x/..//evil.example',
      '/%2e//evil.example',
    ]) {
      const { url } = await browser.login('ada', path)
      assert.equal(url, `${browser.origin}/`, path)
    }
  })

  test('may be under way twice in one browser, and both are finished', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    const callbacks = [
      await browser.callback('ada', '/identity/login?return=/mine'),
      await browser.callback('ada', '/identity/login?return=/open'),
    ]
    const ends = []
    for (const url of callbacks) ends.push(await browser.go(url))
    assert.deepEqual(
      ends.map(({ url }) => new URL(url).pathname),
      ['/mine', '/open'],
    )
  })

  test('that begins under another name of this machine goes on under the configured one', async () => {
    await using t = await openedPeople()
    const answer = await t.request({ url: '/identity/login?return=/mine', headers: { host: 'localhost' } })
    assert.equal(answer.headers.location, `${await t.url()}/identity/login?return=%2Fmine&sent=1`)
    assert.equal(answer.headers['set-cookie'], undefined)
  })

  test('behind a proxy that changes the Host is not sent in a circle: who reads it learns what is wrong', async () => {
    await using t = await openedPeople({ ORIGIN: 'https://photos.example' })
    const url = '/identity/login?return=/mine&sent=1'
    const headers = { host: '127.0.0.1:3000' }
    const page = await t.request({ url, headers: { ...headers, ...NAVIGATION } })
    assert.deepEqual([page.statusCode, page.headers.location], [421, undefined])
    assert.match(page.body, /proxy_set_header Host/)
    const { status, code } = (await t.request({ url, headers })).json<{ status: number; code: string }>()
    assert.deepEqual([status, code], [421, 'MILLRACE_WEB_HOST_CHANGED'])
    const right = await t.request({ url, headers: { host: 'photos.example' } })
    assert.equal(right.statusCode, 303)
  })

  test('K1: where the local provider lets anybody in is said in the log when the application starts', async () => {
    const lines: string[] = []
    await using t = await openedPeople({ LOG_LEVEL: 'warn' }, lines)
    const url = await t.url()
    assert.ok(lines.some((line) => line.includes('lets anybody in') && line.includes(url)))
  })

  test('that does not succeed is told to people in words, to programs as a problem', async () => {
    await using t = await openedPeople()
    const answer = await t
      .browser()
      .send(`/identity/callback?error=${encodeURIComponent('<script>')}&state=x`, { headers: NAVIGATION })
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [400, 'text/html; charset=utf-8'])
    const page = await answer.text()
    assert.match(page, /You are not logged in/)
    assert.doesNotMatch(page, /<script/)
  })

  test('G1, O14: leaves no secret in the log, in an address that the browser is shown, or readable in the database', async () => {
    const lines: string[] = []
    await using t = await openedPeople({ LOG_LEVEL: 'trace' }, lines)
    const browser = t.browser()
    const callback = new URL(await browser.callback('ada'))
    const { url } = await browser.go(callback.href)
    const { rows } = await t.db.query<{ text: string }>(
      `select string_agg(s::text, ' ') as text from (select to_jsonb(s)::text as s from millrace.session s
       union all select to_jsonb(l)::text from millrace.login l union all select to_jsonb(a)::text from millrace.account a) s`,
    )
    const session = browser.cookie('session') ?? ''
    const { rows: given } = await t.db.query<{ id: string }>(
      `select id from millrace.local_provider where model = 'RefreshToken'`,
    )
    const tokens = [session, ...given.map(({ id }) => id)]
    const codes = [callback.searchParams.get('code') ?? '', callback.searchParams.get('state') ?? '']
    assert.equal(tokens.length, 2)
    for (const secret of [...tokens, ...codes]) {
      assert.ok(secret.length > 20)
      assert.ok(!lines.join('\n').includes(secret), 'not in the log')
      assert.ok(!rows[0]?.text.includes(secret), 'not in the database')
      assert.ok(!url.includes(secret), 'not where the login ends')
    }
    for (const address of browser.addresses)
      for (const token of tokens) assert.ok(!address.includes(token), 'a token is in no address on the way either')
    assert.ok(
      lines.some((line) => line.includes('somebody has logged in')),
      'G3: that it happened is in the log',
    )
  })
})

const REFUSED = 'MILLRACE_IDENTITY_LOGIN_REFUSED'

describe('a logout', () => {
  test('C4: ends the session everywhere at once, and leads to the provider, which ends its own', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    const session = browser.cookie('session') ?? ''
    const { next } = (await (await browser.send('/identity/logout', { method: 'POST' })).json()) as { next: string }
    assert.equal(browser.cookie('session'), undefined)
    const other = t.browser()
    other.setCookie('session', session)
    await problemIn(await other.send('/identity/me'), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
    const { url, answer } = await browser.confirm(next)
    assert.equal(new URL(url).pathname, '/')
    assert.equal(answer.status, 404)
    // the provider has forgotten the browser: it asks again
    const again = await browser.go('/identity/login')
    assert.match(new URL(again.url).pathname, /^\/identity\/local\/login\//)
  })

  test('goes on by itself where the provider has forgotten the browser already', async () => {
    await using t = await openedPeople()
    const { next } = (await (await t.browser().send('/identity/logout', { method: 'POST' })).json()) as { next: string }
    assert.equal(next, '/')
    const { answer } = await t.browser().go(`/identity/local/session/end?client_id=application`)
    const [, hash = ''] = /'sha256-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '') ?? []
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(await answer.text()) ?? []
    assert.equal(hash, createHash('sha256').update(script).digest('base64'))
  })

  test('of whom nobody knows is no error', async () => {
    await using t = await openedPeople()
    const answer = await t.browser().send('/identity/logout', { method: 'POST' })
    assert.deepEqual([answer.status, await answer.json()], [200, { next: '/' }])
  })

  test('C9: that a page of another site sends does nothing', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }
    await problemIn(await browser.send('/identity/logout', { method: 'POST', headers }), 403, 'MILLRACE_WEB_CROSS_SITE')
    assert.equal((await browser.send('/identity/me')).status, 200)
  })

  test('C11: by GET does nothing', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    assert.equal((await browser.send('/identity/logout')).status, 405)
    assert.equal((await browser.send('/identity/me')).status, 200)
  })

  test('O13: at the provider ends the sessions that began with that login, by the back channel', async () => {
    await using t = await openedPeople()
    const [browser, other] = [t.browser(), t.browser()]
    await browser.login('ada')
    await other.login('ada')
    // a page of the provider, without a word to the application
    await browser.confirm('/identity/local/session/end')
    await until('the session is over', async () => (await browser.send('/identity/me')).status === 401)
    assert.equal((await other.send('/identity/me')).status, 200)
  })

  test('O13: that is not the provider’s is refused', async () => {
    await using t = await openedPeople()
    const browser = t.browser()
    await browser.login('ada')
    const forms: readonly Record<string, string>[] = [{}, { logout_token: 'a.b.c' }, { logout_token: '' }]
    for (const form of forms) {
      const init = { method: 'POST', body: new URLSearchParams(form), headers: { origin: browser.origin } }
      const answer = await browser.send('/identity/backchannel-logout', init)
      await problemIn(answer, 400, 'MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID')
    }
    assert.equal((await browser.send('/identity/me')).status, 200)
  })
})
