/** A whole login under https: a browser, what speaks TLS, and the application behind it, which speaks none. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { TestBrowser } from './browser-test-kit.ts'
import { openedPeople } from './identity-test-kit.ts'
import { tlsTerminator } from './tls-test-kit.ts'

describe('under https', () => {
  test('C1: a login gives a cookie that only this host over https can have set, and a logout takes it away', async () => {
    await using tls = await tlsTerminator()
    await using t = await openedPeople({ ORIGIN: tls.origin })
    tls.leadTo(await t.url())
    const browser = new TestBrowser(tls.origin)
    const { url, answer } = await browser.login('ada', '/mine')
    assert.deepEqual([url, await answer.json()], [`${tls.origin}/mine`, { is: 'Ada Lovelace' }])
    const set = (): string => browser.lines.findLast((line) => line.startsWith('__Host-session=')) ?? ''
    assert.match(set(), /^__Host-session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    const own = browser.lines.filter((line) => !/ path=\/identity\/local\b/i.test(line))
    assert.ok(own.length >= 2, 'of the login and of the session')
    for (const line of own) assert.match(line, /^__Host-.*; Secure/)

    // what is not of https, or came without the prefix, opens nothing
    const session = browser.cookie('__Host-session') ?? ''
    const planted = new TestBrowser(tls.origin)
    planted.setCookie('session', session)
    assert.equal((await planted.send('/identity/me')).status, 401)

    assert.equal((await browser.send('/identity/logout', { method: 'POST' })).status, 200)
    assert.match(set(), /^__Host-session=; Max-Age=0; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    planted.setCookie('__Host-session', session)
    assert.equal((await planted.send('/identity/me')).status, 401)
  })
})
