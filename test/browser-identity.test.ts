/// <reference lib="dom" />
/** The life of a session in a real browser, against a real provider: login, renewal, a role, expiry, logout on either side. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from 'millrace/testing'
import type { Browser, Page } from 'playwright-core'
import peopleApp from '../src/cli/fixture/people-app.ts'
import { stampEnvironment } from '../src/data/environment.ts'
import { Accounts } from '../src/identity/accounts.ts'
import { systemClock } from '../src/kernel/clock.ts'
import { IDLE_MS, RENEW_MS } from '../src/session/session.ts'
import { type StartedApp, startApp } from '../src/testing/started-app.ts'
import { type TestDatabase, testDatabase } from '../src/testing/test-database.ts'
import { launchBrowser, openPage } from './browser-kit.ts'
import { need } from './need.ts'

const APP = fileURLToPath(new URL('../src/cli/fixture/people-app.ts', import.meta.url))
const program = need('chromium')

describe('a session in a browser', { skip: program.skip }, () => {
  let database: TestDatabase
  let app: StartedApp
  let browser: Browser
  let page: Page
  const complaints: string[] = []

  before(async () => {
    database = await testDatabase(peopleApp)
    await stampEnvironment(database.db, 'test')
    app = await startApp(APP, { command: 'web', env: { DATABASE_URL: database.url, LOG_LEVEL: 'fatal' } })
    browser = await launchBrowser(program.path)
    page = await openPage(browser, complaints)
  })
  after(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
  })

  const sessions = async (): Promise<readonly { readonly id: string; readonly secret: string }[]> => {
    const { rows } = await database.db.query<{ id: string; secret: string }>(
      `select id, encode(secret, 'hex') as secret from millrace.session where idle_until > millrace.now()`,
    )
    return rows
  }
  const shown = async (path: string): Promise<string> => {
    await page.goto(`${app.url}${path}`)
    return page.innerText('body')
  }
  const isAsked = (): Promise<void> => page.getByRole('button', { name: 'Ada Lovelace' }).waitFor()

  test('begins where somebody wanted to go, and the address that they come back to has nothing secret in it', async () => {
    await page.goto(`${app.url}/mine?page=2`)
    await isAsked()
    await page.getByRole('button', { name: 'Ada Lovelace' }).click()
    await page.waitForURL(`${app.url}/mine?page=2`)
    assert.match(await page.innerText('body'), /Ada Lovelace/)
    const cookies = await page.context().cookies()
    const session = cookies.find(({ name }) => name === 'session')
    assert.deepEqual([session?.httpOnly, session?.sameSite], [true, 'Lax'])
    assert.equal(await page.evaluate(() => document.cookie.includes('session')), false, 'no script sees it')
  })

  test('is renewed at the provider while it is used, and nobody notices', async () => {
    const [before] = await sessions()
    await database.advance(RENEW_MS + 1_000)
    assert.match(await shown('/mine'), /Ada Lovelace/)
    await until('it was renewed', async () => (await sessions())[0]?.secret !== before?.secret)
    assert.match(await shown('/mine'), /Ada Lovelace/)
    assert.equal((await sessions())[0]?.id, before?.id)
  })

  test('has the roles of its account as they are now', async () => {
    const accounts = new Accounts({ db: database.db, clock: systemClock })
    assert.match(await shown('/desk'), /Ada Lovelace/)
    await database.db.query(`update millrace.account set roles = '{}'`)
    assert.match(await shown('/desk'), /MILLRACE_WEB_ACCESS_DENIED/)
    const [account] = await accounts.list({ limit: 1 })
    await accounts.grant(account?.id ?? '', { add: ['editor'] })
    assert.match(await shown('/desk'), /Ada Lovelace/)
  })

  test('is over when it was not used for a day; the provider, who still knows the browser, lets them in again', async () => {
    const [before] = await sessions()
    await database.advance(IDLE_MS + 60_000)
    assert.match(await shown('/mine'), /Ada Lovelace/)
    const [now] = await sessions()
    assert.notEqual(now?.id, before?.id)
  })

  test('ends with a logout, at the provider too: the next visit asks who it is', async () => {
    const next = await page.evaluate(async () => {
      const answer = await fetch('/identity/logout', { method: 'POST' })
      return ((await answer.json()) as { next: string }).next
    })
    assert.doesNotMatch(next, /id_token/)
    await page.goto(next)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(`${app.url}/`)
    assert.deepEqual(await sessions(), [])
    await page.goto(`${app.url}/mine`)
    await isAsked()
  })

  test('ends when the provider says so, without a word of the browser to the application', async () => {
    await page.getByRole('button', { name: 'Grace Hopper' }).click()
    await page.waitForURL(`${app.url}/mine`)
    await page.goto(`${app.url}/identity/local/session/end`)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'You are logged out' }).waitFor()
    await until('the session is over', async () => (await sessions()).length === 0)
    await page.goto(`${app.url}/mine`)
    await isAsked()
  })

  test('never breaks the content security policy on the way', () => assert.deepEqual(complaints, []))
})
