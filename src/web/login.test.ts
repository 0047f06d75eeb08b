import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { defineApp } from '../app/define-app.ts'
import { anyone, role, signedIn } from '../contract/access.ts'
import { type TestApp, testApp } from '../testing/test-app.ts'
import { principalOf } from './access.ts'
import { TestBrowser } from './browser-test-kit.ts'
import { front } from './front.ts'

const app = defineApp({
  name: 'fixture',
  identity: {
    roles: ['editor', 'viewer'],
    localUsers: [
      { id: 'ada', name: 'Ada Lovelace', email: 'ada@example.org', roles: ['editor', 'unheard-of'] },
      { id: 'grace', name: 'Grace Hopper' },
    ],
  },
  web: async () => ({
    default: front((web) => {
      web.get('/open', { config: { access: anyone } }, async () => ({ is: 'open' }))
      web.get('/mine', { config: { access: signedIn } }, async (request) => ({ is: principalOf(request).name }))
      web.post('/edit', { config: { access: role('editor') } }, async () => ({ is: 'edited' }))
    }),
  }),
})

async function opened(): Promise<TestApp & { readonly browser: () => TestBrowser }> {
  const t = await testApp(app)
  const url = await t.url()
  return { ...t, browser: () => new TestBrowser(url) }
}

describe('a login', () => {
  test('leads through the provider back to where somebody wanted to go, and they are known from then on', async () => {
    await using t = await opened()
    const browser = t.browser()
    const { url, answer } = await browser.login('ada', '/mine?page=2')
    assert.deepEqual([new URL(url).pathname + new URL(url).search, answer.status], ['/mine?page=2', 200])
    assert.deepEqual(await answer.json(), { is: 'Ada Lovelace' })
    const me = (await (await browser.send('/identity/me')).json()) as Record<string, unknown>
    assert.deepEqual([me['name'], me['email'], me['roles']], ['Ada Lovelace', 'ada@example.org', ['editor']])
    assert.equal((await browser.send('/edit', { method: 'POST' })).status, 200)
  })
})
