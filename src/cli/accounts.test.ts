/** `millrace accounts` and `millrace token`, beside an application that runs. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startApp } from '../testing/started-app.ts'
import { TestBrowser } from '../web/browser-test-kit.ts'
import { millrace } from './operators-test-kit.ts'

const PEOPLE = fileURLToPath(new URL('fixture/people-app.ts', import.meta.url))

async function opened() {
  const app = await startApp(PEOPLE)
  const type = (...args: readonly string[]) => millrace(args, { MILLRACE_HOME: app.home })
  return {
    ...app,
    type,
    browser: () => new TestBrowser(app.url),
    async json<T>(...args: readonly string[]): Promise<T> {
      const ran = await type(...args, '--json')
      assert.equal(ran.status, 0, ran.stderr)
      return JSON.parse(ran.stdout) as T
    },
  }
}

describe('beside a running application', () => {
  test('millrace token prints a token that lets a script in, and nothing else', async () => {
    await using t = await opened()
    const { status, stdout, stderr } = await t.type('token', 'grace', '--scope', 'photos:write', '--app', PEOPLE)
    assert.deepEqual([status, stderr], [0, ''])
    const me = await fetch(`${t.url}/identity/me`, { headers: { authorization: `Bearer ${stdout.trim()}` } })
    const { name, session, scopes = [] } = (await me.json()) as { name: string; session: unknown; scopes?: string[] }
    assert.deepEqual([me.status, name, session, scopes.at(-1)], [200, 'Grace Hopper', null, 'photos:write'])
    const unknown = await t.type('token', 'nobody', '--app', PEOPLE)
    assert.equal(unknown.status, 78)
    assert.match(unknown.stderr, /MILLRACE_IDENTITY_LOCAL_USER_UNKNOWN/)
  })

  test('millrace accounts lists, grants, revokes, signs out, disables and enables; it counts at once', async () => {
    await using t = await opened()
    const browser = t.browser()
    await browser.login('grace')
    const edit = async (): Promise<number> => (await browser.send('/edit', { method: 'POST' })).status
    assert.equal(await edit(), 403)

    const { accounts } = await t.json<{ accounts: readonly { id: string; name: string; roles: readonly string[] }[] }>(
      'accounts',
    )
    assert.deepEqual(
      accounts.map(({ name, roles }) => [name, roles]),
      [['Grace Hopper', []]],
    )
    const id = accounts[0]?.id ?? ''

    assert.deepEqual(await t.json('accounts', 'grant', 'grace@example.org', 'editor', '--app', PEOPLE), {
      account: id,
      granted: ['editor'],
      roles: ['editor'],
    })
    assert.equal(await edit(), 200)
    const misspelt = await t.type('accounts', 'grant', 'grace', 'edtor', '--app', PEOPLE)
    assert.deepEqual([misspelt.status, /editor, viewer/.test(misspelt.stderr)], [78, true])
    await t.json('accounts', 'revoke', 'grace', 'editor')
    assert.equal(await edit(), 403)
    await t.browser().login('ada')
    const kept = await t.type('accounts', 'revoke', 'ada', 'editor')
    assert.equal(kept.status, 1)
    assert.match(kept.stdout, /Ada Lovelace has now: editor\neditor: the identity provider says so/)

    const shown = await t.type('accounts', 'sessions', id)
    assert.match(shown.stdout, /a browser/)
    assert.deepEqual(await t.json('accounts', 'sign-out', id), { account: id, ended: 1 })
    assert.equal((await browser.send('/identity/me')).status, 401)

    await browser.login('grace')
    assert.deepEqual(await t.json('accounts', 'disable', id), { account: id, isDisabled: true, ended: 1 })
    assert.equal((await browser.login('grace')).answer.status, 403)
    assert.match((await t.type('accounts')).stdout, /disabled/)
    await t.json('accounts', 'enable', id)
    assert.equal((await browser.login('grace')).answer.status, 200)

    assert.equal((await t.type('accounts', 'disable', 'nobody')).status, 78)
  })
})
