/** An application whose sessions are in a real Redis, in processes of its own, and the commands beside it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type StartedApp, startApp } from 'millrace/testing'
import { millrace, type Ran } from '../src/cli/operators-test-kit.ts'
import { TestBrowser } from '../src/web/browser-test-kit.ts'
import { problemIn } from '../src/web/web-clients.test.ts'
import { redis, startRedis, type TestRedis } from './redis.ts'

const PEOPLE = fileURLToPath(new URL('../src/cli/fixture/people-app.ts', import.meta.url))

interface Opened extends AsyncDisposable {
  readonly app: StartedApp
  readonly server: TestRedis
  type(...args: readonly string[]): Promise<Ran>
  json<T>(...args: readonly string[]): Promise<T>
}

async function opened(): Promise<Opened> {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startRedis())
  const app = stack.use(await startApp(PEOPLE, { env: { CACHE_URL: server.url } }))
  const type = (...args: readonly string[]) => millrace(args, { MILLRACE_HOME: app.home, CACHE_URL: server.url })
  const everything = stack.move()
  return {
    app,
    server,
    type,
    async json<T>(...args: readonly string[]): Promise<T> {
      const ran = await type(...args, '--json')
      assert.equal(ran.status, 0, ran.stderr)
      return JSON.parse(ran.stdout) as T
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}

describe('an application with its sessions in Redis', { skip: redis.skip }, () => {
  test('C12: answers 503 while that is away, to whoever has a session; nobody is somebody else or logged out', async () => {
    await using t = await opened()
    const [ada, nobody] = [new TestBrowser(t.app.url), new TestBrowser(t.app.url)]
    await ada.login('ada')
    const mine = () => ada.send('/mine')
    assert.deepEqual(await (await mine()).json(), { is: 'Ada Lovelace' })
    t.server.freeze()
    await problemIn(await mine(), 503, 'MILLRACE_SESSION_STORE_AWAY')
    await problemIn(await nobody.send('/mine'), 401, 'MILLRACE_WEB_LOGIN_NEEDED')
    t.server.goOn()
    assert.deepEqual(await (await mine()).json(), { is: 'Ada Lovelace' })
    await t.server[Symbol.asyncDispose]()
    await problemIn(await mine(), 503, 'MILLRACE_SESSION_STORE_AWAY')
    await problemIn(await ada.send('/identity/logout', { method: 'POST' }), 503, 'MILLRACE_SESSION_STORE_AWAY')
    assert.ok(ada.cookie('session'), 'the cookie of a session that could not be ended stays')
  })

  test('has its sessions listed and ended there by the commands, and none comes back', async () => {
    await using t = await opened()
    const grace = new TestBrowser(t.app.url)
    const status = async (session?: string): Promise<number> => {
      const browser = new TestBrowser(t.app.url)
      browser.setCookie('session', session ?? grace.cookie('session') ?? '')
      return (await browser.send('/mine')).status
    }
    await grace.login('grace')
    const shown = await t.json<{ account: string; sessions: readonly unknown[] }>('accounts', 'sessions', 'grace')
    assert.equal(shown.sessions.length, 1)
    assert.deepEqual(await t.json('accounts', 'sign-out', 'grace'), { account: shown.account, ended: 1 })
    assert.equal(await status(), 401)

    await grace.login('grace')
    const old = grace.cookie('session')
    assert.equal(await status(), 200)
    const { ended } = await t.json<{ ended: number }>('accounts', 'disable', 'grace')
    assert.deepEqual([ended, await status()], [1, 401])
    await t.json('accounts', 'enable', 'grace')
    assert.equal(await status(old), 401)
  })

  test('says so when a command cannot reach them, and enables an account without them', async () => {
    await using t = await opened()
    await new TestBrowser(t.app.url).login('grace')
    await t.server[Symbol.asyncDispose]()
    const ran = await t.type('accounts', 'disable', 'grace')
    assert.deepEqual([ran.status, ran.stdout], [1, ''])
    assert.match(ran.stderr, /MILLRACE_SESSION_STORE_AWAY/)
    assert.match((await t.type('accounts')).stdout, /disabled/, 'nobody gets in with it all the same')
    await t.json('accounts', 'enable', 'grace')
  })
})
