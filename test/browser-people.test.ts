/// <reference lib="dom" />
/** People at Darkroom: who they are, what room they have, and the browsers that they are logged in with. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { StartedApp } from '../src/testing/started-app.ts'
import { assertAccessible, logIn } from './browser-kit.ts'
import { ask, developed, openPeople, type People, pictures, press } from './browser-people-kit.ts'
import { need } from './need.ts'

const program = need('chromium')

describe('people in a browser', { skip: program.skip }, () => {
  let people: People
  let app: StartedApp
  let ada: Page

  before(async () => {
    people = await openPeople(program.path, { picturesMax: 3 })
    ;({ app, ada } = people)
  })

  after(() => people?.[Symbol.asyncDispose]())

  const startPage = (page: Page) => page.getByRole('link', { name: 'Log in' }).waitFor()

  test('who is not logged in sees the start page at any address, and comes back there after the login', async () => {
    await ada.goto(`${app.url}/albums`)
    await startPage(ada)
    await assertAccessible(ada, 'the start page')
    await ada.getByRole('link', { name: 'Log in' }).click()
    await ada.getByRole('button', { name: 'Ada Lovelace' }).waitFor()
    await assertAccessible(ada, 'the page of the local provider')
    await press(ada, /Ada Lovelace/)
    await ada.getByRole('heading', { name: 'Albums' }).waitFor()
    assert.equal(new URL(ada.url()).pathname, '/albums')
    await ada.getByRole('link', { name: 'Account of Ada Lovelace' }).waitFor()
    await assertAccessible(ada, 'the albums, none yet')
  })

  test('a picture that the storage has no room for says so', async () => {
    await ada.goto(app.url)
    await ada.waitForSelector('.empty')
    await people.choose(ada, 'picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg')
    await developed(ada, 3)
    await ada.reload()
    await pictures(ada, 3)
    const sent: string[] = []
    ada.on('request', (request) => void (request.method() === 'POST' && sent.push(new URL(request.url()).pathname)))
    await people.choose(ada, 'picture-4.jpg')
    await ada.waitForSelector('.print[data-stage="failed"]')
    assert.match(await ada.innerText('.print[data-stage="failed"]'), /Your storage is full/)
    assert.deepEqual(sent, [], 'it is said before anything is sent')
    await press(ada, /^Dismiss/)
  })

  test('the account page ends the sessions of other browsers', async () => {
    const other = await people.newcomer()
    await other.goto(app.url)
    await logIn(other, 'Ada Lovelace')
    await ada.getByRole('link', { name: 'Account of Ada Lovelace' }).click()
    await ada.getByText('This browser').waitFor()
    await ada.waitForFunction(() => document.querySelectorAll('.row-item').length === 2)
    assert.match(await ada.innerText('.account'), /ada@example\.org[\s\S]* used/)
    await assertAccessible(ada, 'the account')
    const { sessions } = (await (await ask(ada, 'GET', '/identity/sessions')).json()) as {
      sessions: { id: string; isThis: boolean }[]
    }
    const ended = sessions.find(({ isThis }) => !isThis)?.id
    await ask(ada, 'DELETE', `/identity/sessions/${ended}`)
    await press(ada, /^Log out Chrome/)
    await ada.getByText('That browser is logged out').waitFor()
    await ada.waitForFunction(() => document.querySelectorAll('.row-item').length === 1)
    await other.goto(app.url)
    await other.getByRole('link', { name: 'Log in' }).click() // the provider knows her still, and does not ask
    await other.getByRole('link', { name: 'Account of Ada Lovelace' }).waitFor()
    await ada.reload()
    await ada.waitForFunction(() => document.querySelectorAll('.row-item').length === 2)
    await press(ada, 'Log out everywhere else')
    await ada.waitForFunction(() => document.querySelectorAll('.row-item').length === 1)
    await other.getByRole('link', { name: 'Albums' }).click()
    await startPage(other)
    assert.equal(await other.getByText('Ada Lovelace').count(), 0)
    await other.context().close()
  })

  test('after logging out the session is over, and going back shows nothing private', async () => {
    const [cookie] = (await ada.context().cookies()).filter(
      ({ name }) => name.endsWith('session') && !/local/.test(name),
    )
    assert.ok(cookie)
    const asBefore = { headers: { cookie: `${cookie.name}=${cookie.value}` } }
    assert.equal((await fetch(`${app.url}/api/account`, asBefore)).status, 200)
    await press(ada, 'Log out')
    // the page of the provider, which asks for itself
    await ada.waitForURL('**/session/end**')
    assert.equal((await fetch(`${app.url}/api/account`, asBefore)).status, 401)
    await press(ada, 'Log out')
    await ada.waitForURL(`${app.url}/`)
    await startPage(ada)
    const passed: string[] = []
    for (let back = 0; back < 4; back += 1) {
      await ada.goBack()
      const { pathname } = new URL(ada.url())
      passed.push(pathname)
      if (!pathname.startsWith('/identity/')) await startPage(ada)
      assert.equal(await ada.locator('.tile-link, .album-card, .account').count(), 0)
      assert.equal(await ada.getByText('Ada Lovelace').count(), 0)
    }
    assert.ok(passed.includes('/account'), passed.join(', '))
  })

  test('what was deleted just before logging out is deleted, though the time to undo had not run out', async () => {
    await ada.goto(app.url)
    await logIn(ada, 'Ada Lovelace')
    await pictures(ada, 3)
    await ada.focus('.tile-link')
    await ada.keyboard.press('Delete')
    await pictures(ada, 2)
    await ada.getByRole('link', { name: 'Account of Ada Lovelace' }).click()
    await press(ada, 'Log out')
    await ada.waitForURL('**/session/end**')
    await press(ada, 'Log out')
    await ada.waitForURL(`${app.url}/`)
    await logIn(ada, 'Ada Lovelace')
    await pictures(ada, 2)
  })

  test('nothing was refused by the content policy and nothing was thrown', () => {
    assert.deepEqual(people.complaints, [])
  })
})
