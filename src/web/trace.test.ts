/** What an operator wants to read afterwards: who came, who went, who was sent away, and who changed whose rights. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { millrace } from '../cli/operators-test-kit.ts'
import { stampEnvironment } from '../data/environment.ts'
import { Accounts } from '../identity/accounts.ts'
import { systemClock } from '../kernel/clock.ts'
import { newSecret } from '../kernel/ids.ts'
import { testDatabase } from '../testing/test-database.ts'
import { NAVIGATION } from './browser-test-kit.ts'
import { openedPeople } from './identity-test-kit.ts'

type Line = Readonly<Record<string, unknown>>

/** An application at the level of logging that is the default, and what it has said since it was asked last. */
async function opened() {
  const lines: string[] = []
  const t = await openedPeople({ LOG_LEVEL: 'info' }, lines)
  const said = (): readonly Line[] => lines.splice(0).map((line) => JSON.parse(line) as Line)
  assert.match(String(said()[0]?.['msg']), /^the local identity provider/) // it says so at the start
  return { ...t, said }
}

/** The facts of a line by these names. */
const facts = (line: Line | undefined, ...names: readonly string[]): readonly unknown[] =>
  names.map((name) => line?.[name])

describe('G3: in the log is', () => {
  test('a login and its logout, by the same account and session', async () => {
    await using t = await opened()
    const browser = t.browser()
    await browser.login('ada')
    const me = (await (await browser.send('/identity/me')).json()) as { account: string; session: string }
    const [login, ...rest] = t.said()
    assert.deepEqual(facts(login, 'msg', 'account', 'session'), ['somebody has logged in', me.account, me.session])
    assert.deepEqual(rest, [])
    await browser.send('/identity/logout', { method: 'POST' })
    const [logout] = t.said()
    assert.deepEqual(facts(logout, 'msg', 'account', 'session'), ['somebody has logged out', me.account, me.session])
    await browser.send('/identity/logout', { method: 'POST' })
    assert.deepEqual(t.said(), [], 'nobody has logged out')
  })

  test('which session somebody has ended from another one, and how many when it was all of them', async () => {
    await using t = await opened()
    const [phone, laptop] = [t.browser(), t.browser()]
    await phone.login('ada')
    await laptop.login('ada')
    const [first] = t.said()
    const whose = facts(first, 'account', 'session')
    await laptop.send(`/identity/sessions/${first?.['session']}`, { method: 'DELETE' })
    const one = facts(t.said()[0], 'msg', 'account', 'session')
    assert.deepEqual(one, ['somebody has ended a session of theirs', ...whose])
    await phone.login('ada')
    t.said()
    await laptop.send('/identity/sessions', { method: 'DELETE' })
    const all = facts(t.said()[0], 'msg', 'account', 'ended')
    assert.deepEqual(all, ['somebody has logged out everywhere else', first?.['account'], 1])
  })

  test('who was refused what, without what stood in the query', async () => {
    await using t = await opened()
    const grace = t.browser()
    await grace.login('grace')
    const [login] = t.said()
    const names = ['msg', 'account', 'method', 'route', 'ip'] as const
    const refused = async (init: RequestInit, path = '/edit?secret=canary'): Promise<readonly unknown[]> => {
      await grace.send(path, init)
      const [line, ...more] = t.said()
      assert.deepEqual(more, [])
      assert.ok(!JSON.stringify(line).includes('canary'))
      return facts(line, ...names)
    }
    const edit = ['POST', '/edit', '127.0.0.1'] as const
    assert.deepEqual(await refused({ method: 'POST' }), [
      'answered 403 MILLRACE_WEB_ACCESS_DENIED',
      login?.['account'],
      ...edit,
    ])
    assert.deepEqual(await refused({ method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } }), [
      'answered 403 MILLRACE_WEB_CROSS_SITE',
      undefined,
      ...edit,
    ])
    assert.deepEqual(await refused({ method: 'POST', headers: { authorization: 'Bearer canary' } }), [
      'answered 401 MILLRACE_IDENTITY_TOKEN_INVALID',
      undefined,
      ...edit,
    ])
    assert.deepEqual(await refused({}, `/identity/callback?code=canary&state=${newSecret()}`), [
      'answered 400 MILLRACE_IDENTITY_LOGIN_REFUSED',
      undefined,
      ...['GET', '/identity/callback', '127.0.0.1'],
    ])
    // the same, before a person
    const [message] = await refused({ headers: NAVIGATION }, '/identity/callback?code=canary')
    assert.equal(message, 'a login did not succeed')
  })

  test('a session that is none, whoever came with it; not who was only asked to log in', async () => {
    await using t = await opened()
    const browser = t.browser()
    assert.equal((await browser.send('/mine')).status, 401)
    assert.deepEqual(t.said(), [])
    browser.setCookie('session', newSecret())
    assert.equal((await browser.send('/mine')).status, 401)
    assert.deepEqual(
      t.said().map((line) => facts(line, 'msg', 'ip')),
      [['a session that is over, or never was', '127.0.0.1']],
    )
  })

  test('what operators change, beside the answer that they get', async () => {
    await using t = await testDatabase()
    await stampEnvironment(t.db, 'test')
    const said = { issuer: 'https://id.example', subject: 'ada', name: 'Ada', email: undefined, roles: [], claims: {} }
    const { account } = await new Accounts({ db: t.db, clock: systemClock }).note({
      ...said,
      isAll: true,
      atMs: systemClock.now(),
    })
    const type = async (...args: readonly string[]): Promise<Line> => {
      const ran = await millrace(['accounts', ...args, '--json'], { DATABASE_URL: t.url, LOG_FORMAT: 'json' })
      assert.equal(ran.status, 0, ran.stderr)
      assert.equal((JSON.parse(ran.stdout) as Line)['account'], account)
      return JSON.parse(ran.stderr) as Line
    }
    const granted = await type('grant', 'ada', 'editor')
    assert.deepEqual(facts(granted, 'msg', 'account', 'add', 'granted'), [
      'the granted roles of an account were changed',
      account,
      ['editor'],
      ['editor'],
    ])
    const disabled = await type('disable', 'ada')
    assert.deepEqual(facts(disabled, 'msg', 'account'), ['an account was disabled', account])
  })
})
