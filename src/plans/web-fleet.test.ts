/** Several web processes over one database: any of them serves any session, and any of them may die between two requests. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import peopleApp from '../cli/fixture/people-app.ts'
import { stampEnvironment } from '../data/environment.ts'
import { freePort } from '../kernel/free-port.ts'
import { type StartedApp, startApp } from '../testing/started-app.ts'
import { testDatabase } from '../testing/test-database.ts'
import { TestBrowser } from '../web/browser-test-kit.ts'

const PEOPLE = fileURLToPath(new URL('../cli/fixture/people-app.ts', import.meta.url))

async function opened(count: number) {
  await using stack = new AsyncDisposableStack()
  const t = stack.use(await testDatabase(peopleApp))
  await stampEnvironment(t.db, 'test')
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()))
  // behind one address: browsers know of nothing else
  const origin = `http://127.0.0.1:${ports[0]}`
  const start = (port: number): Promise<StartedApp> =>
    startApp(PEOPLE, { command: 'web', port, env: { DATABASE_URL: t.url, ORIGIN: origin, LOG_LEVEL: 'fatal' } })
  const webs = await Promise.all(ports.map(start))
  for (const web of webs) stack.use(web)
  const rest = stack.move()
  return { db: t.db, origin, ports, webs, start, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** The same browser, led to another process. */
async function at(browser: TestBrowser, web: StartedApp, path: string, init: RequestInit = {}): Promise<Response> {
  const cookie = `session=${browser.cookie('session')}`
  return fetch(`${web.url}${path}`, { ...init, headers: { cookie, 'sec-fetch-site': 'same-origin', ...init.headers } })
}

const nameIn = async (answer: Response): Promise<unknown> => ((await answer.json()) as { name?: unknown }).name

describe('a session over several web processes', () => {
  test('goes on when any of them is killed between two requests, and nobody is taken for another', async () => {
    await using t = await opened(3)
    const [first, second, third] = t.webs as [StartedApp, StartedApp, StartedApp]
    const [ada, grace] = [new TestBrowser(t.origin), new TestBrowser(t.origin)]
    await ada.login('ada')
    await grace.login('grace')
    for (const web of t.webs) {
      assert.equal(await nameIn(await at(ada, web, '/identity/me')), 'Ada Lovelace')
      assert.equal(await nameIn(await at(grace, web, '/identity/me')), 'Grace Hopper')
    }
    first.child.kill('SIGKILL')
    await first.exited
    const asked = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        at(n % 2 === 0 ? ada : grace, n % 3 === 0 ? second : third, '/identity/me').then(nameIn),
      ),
    )
    for (const [n, name] of asked.entries()) assert.equal(name, n % 2 === 0 ? 'Ada Lovelace' : 'Grace Hopper')
    second.child.kill('SIGKILL')
    await second.exited
    assert.equal(await nameIn(await at(ada, third, '/identity/me')), 'Ada Lovelace')
  })

  test('C4: that ends on one has ended on all of them', async () => {
    await using t = await opened(2)
    const [one, other] = t.webs as [StartedApp, StartedApp]
    const ada = new TestBrowser(t.origin)
    await ada.login('ada')
    assert.equal((await at(ada, other, '/identity/me')).status, 200)
    assert.equal((await at(ada, one, '/identity/logout', { method: 'POST' })).status, 200)
    assert.equal((await at(ada, other, '/identity/me')).status, 401)
  })

  test('C4: that somebody ends from elsewhere has ended on all of them, and the one that asked goes on', async () => {
    await using t = await opened(2)
    const [one] = t.webs as [StartedApp, StartedApp]
    const [phone, laptop] = [new TestBrowser(t.origin), new TestBrowser(t.origin)]
    await phone.login('ada')
    await laptop.login('ada')
    const answer = await at(laptop, one, '/identity/sessions', { method: 'DELETE' })
    assert.deepEqual(await answer.json(), { ended: 1 })
    const everywhere = (browser: TestBrowser): Promise<readonly number[]> =>
      Promise.all(t.webs.map(async (web) => (await at(browser, web, '/identity/me')).status))
    assert.deepEqual(
      [await everywhere(phone), await everywhere(laptop)],
      [
        [401, 401],
        [200, 200],
      ],
    )
  })

  test('a login that one has begun is finished by another', async () => {
    await using t = await opened(2)
    const [, other] = t.webs as [StartedApp, StartedApp]
    const ada = new TestBrowser(t.origin)
    const callback = new URL(await ada.callback('ada'))
    const answer = await fetch(`${other.url}${callback.pathname}${callback.search}`, {
      redirect: 'manual',
      headers: { cookie: `login=${ada.cookie('login')}` },
    })
    assert.equal(answer.status, 303)
    const session = /session=([\w-]{43})/.exec(answer.headers.getSetCookie().join())?.[1] ?? ''
    const me = await fetch(`${other.url}/identity/me`, { headers: { cookie: `session=${session}` } })
    assert.equal(await nameIn(me), 'Ada Lovelace')
  })
})
