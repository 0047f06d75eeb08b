/// <reference lib="dom" />
/** People with their photos, albums and links, as they meet each other: real browsers, a real login, real processes. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { picture } from '../examples/darkroom/test/client.ts'
import { type StartedApp, startApp } from '../src/testing/started-app.ts'
import { assertAccessible, launchBrowser, logIn, openPage, shiftOf } from './browser-kit.ts'
import { need } from './need.ts'

const APP = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))
const SHIFT_MAX = 0.02
const program = need('chromium')

describe('people in a browser', { skip: program.skip }, () => {
  let app: StartedApp
  let browser: Browser
  let ada: Page
  let grace: Page
  let folder: string
  let albumPath: string
  const complaints: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-people-'))
    let bytesStored = 0
    for (const n of [1, 2, 3, 4]) {
      const { name, bytes } = await picture(n, 900, n === 2 ? 1_200 : 600)
      await writeFile(join(folder, name), bytes)
      if (n < 4) bytesStored += bytes.length
    }
    // room for the first three, and for no fourth
    app = await startApp(APP, { env: { DARKROOM_QUOTA_BYTES: String(bytesStored + 1_000) } })
    browser = await launchBrowser(program.path)
    ada = await openPage(browser, complaints)
    grace = await openPage(browser, complaints)
  })

  after(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const choose = async (page: Page, ...names: readonly string[]): Promise<void> => {
    const chooser = page.waitForEvent('filechooser')
    await page.click('.header-upload')
    await (await chooser).setFiles(names.map((name) => join(folder, name)))
  }
  const startPage = (page: Page) => page.getByRole('link', { name: 'Log in' }).waitFor()
  const pictures = (page: Page, count: number) =>
    page.waitForFunction((wanted) => {
      const shown = [...document.querySelectorAll<HTMLImageElement>('.tile-link .picture-image')]
      return shown.length === wanted && shown.every((image) => image.complete && image.naturalWidth > 0)
    }, count)
  const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).click()

  const share = async () => {
    await ada.getByLabel('E-mail address').fill('grace@example.org')
    await press(ada, 'Add')
  }

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

  test('photos that are selected by keyboard become an album', async () => {
    await ada.goto(app.url)
    await ada.waitForSelector('.empty')
    await choose(ada, 'picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg')
    await ada.waitForFunction(() => document.querySelectorAll('.print[data-stage="ready"]').length === 3)
    await ada.reload()
    await pictures(ada, 3)
    await ada.focus('.tile-link')
    await ada.keyboard.press('x')
    await ada.keyboard.press('ArrowRight')
    await ada.keyboard.press('x')
    await assertAccessible(ada, 'the archive, with photos selected')
    await press(ada, 'Add to album')
    await ada.getByLabel('New album').fill('The sea')
    await assertAccessible(ada, 'the albums to choose from')
    await ada.route('**/api/albums/*/photos', (request) => request.abort(), { times: 1 })
    await press(ada, 'Make and add')
    await ada.getByRole('dialog').getByText('The server does not answer').waitFor()
    await press(ada, 'Make and add')
    await press(ada, 'Show')
    await pictures(ada, 2)
    albumPath = new URL(ada.url()).pathname
    assert.match(albumPath, /^\/albums\/./)
    const { albums } = (await (await ada.request.get(`${app.url}/api/albums`)).json()) as { albums: unknown[] }
    assert.equal(albums.length, 1, 'the second try was with the album that the first had made')
    await ada.getByRole('heading', { name: 'The sea' }).waitFor()
    await assertAccessible(ada, 'an album')
  })

  test('an album is shared by e-mail with somebody who has logged in once', async () => {
    await press(ada, 'Share')
    await share()
    await ada.getByText('Nobody with this e-mail address').waitFor()
    await grace.goto(app.url)
    await logIn(grace, 'Grace Hopper')
    await grace.waitForSelector('.empty')
    await share()
    await press(ada, 'Remove Grace Hopper')
    await ada.getByRole('button', { name: 'Remove Grace Hopper' }).waitFor({ state: 'detached' })
    await share()
    await ada.getByRole('button', { name: 'Remove Grace Hopper' }).waitFor()
    await assertAccessible(ada, 'an album being shared')
  })

  test('what is asked for in the sheet while the server is busy with something else is done after that', async () => {
    const busy = Promise.withResolvers<void>()
    await ada.route(
      '**/members/*',
      async (request) => {
        await busy.promise
        await request.continue()
      },
      { times: 1 },
    )
    await ada.getByLabel('What Grace Hopper may do').selectOption('editor')
    await press(ada, 'Remove Grace Hopper')
    busy.resolve()
    await ada.getByRole('button', { name: 'Remove Grace Hopper' }).waitFor({ state: 'detached' })
    assert.equal(await ada.getByRole('alert').count(), 0)
    await share()
    await ada.getByRole('button', { name: 'Remove Grace Hopper' }).waitFor()
  })

  test('who can look sees the photos, and is offered nothing that changes them', async () => {
    await grace.getByRole('link', { name: 'Albums' }).click()
    await grace.getByRole('link', { name: /The sea/ }).click()
    await pictures(grace, 2)
    await grace.getByText('By Ada Lovelace, you can look').waitFor()
    for (const name of ['Share', 'Rename', 'Delete', 'Add photos', /^Select/])
      assert.equal(await grace.getByRole('button', { name }).count(), 0, String(name))
    await grace.focus('.tile-link')
    await grace.keyboard.press('x')
    assert.equal(await grace.locator('.selection').count(), 0)
    await grace.keyboard.press('Enter')
    await grace.waitForSelector('.view-frame')
    assert.equal(await grace.getByRole('button', { name: /Delete|Take out|Title|caption/ }).count(), 0)
    await assertAccessible(grace, 'a photo in view')
    const download = grace.waitForEvent('download')
    await grace.getByRole('link', { name: 'Download original' }).click()
    assert.match((await download).suggestedFilename(), /^picture-\d\.jpg$/)
    await grace.reload()
    await grace.waitForSelector('.view-frame')
    await grace.keyboard.press('Escape')
    await grace.waitForSelector('.view', { state: 'detached' })
    assert.equal(new URL(grace.url()).pathname, albumPath)
    assert.equal((await grace.request.get(`${app.url}/api/account`)).status(), 200)
  })

  test('who can change an album takes a photo out of it; the owner has it still', async () => {
    await ada.getByLabel('What Grace Hopper may do').selectOption('editor')
    await ada.waitForLoadState('networkidle')
    await grace.reload()
    await grace.getByRole('button', { name: 'Add photos' }).waitFor()
    await pictures(grace, 2)
    await grace.focus('.tile-link')
    await grace.keyboard.press('Tab')
    await grace.keyboard.press('Enter') // the tick of the tile
    await press(grace, 'Take out of the album')
    await pictures(grace, 1)
    await ada.keyboard.press('Escape')
    await ada.reload()
    await pictures(ada, 1)
    await ada.goto(app.url)
    await pictures(ada, 3)
  })

  test('taking photos out goes on past one that is gone already, and can be undone', async () => {
    const { photos } = (await (await ada.request.get(`${app.url}/api/photos`)).json()) as { photos: { id: string }[] }
    const photoIds = photos.map(({ id }) => id)
    const inAlbum = `${app.url}/api${albumPath}/photos`
    const headers = { origin: app.url }
    assert.equal((await ada.request.put(inAlbum, { data: { photoIds }, headers })).status(), 204)
    await ada.goto(`${app.url}${albumPath}`)
    await pictures(ada, 3)
    for (const tile of await ada.locator('.tile-select').all()) await tile.click()
    const first = await ada.locator('.tile-link').first().getAttribute('data-photo')
    assert.equal((await ada.request.delete(`${inAlbum}/${first}`, { headers })).status(), 204)
    await press(ada, 'Take out of the album')
    await ada.getByText('Nothing in it yet').waitFor()
    await ada.getByText('3 photos taken out of the album').waitFor()
    assert.equal(await ada.locator('.selection').count(), 0)
    await press(ada, 'Undo')
    await pictures(ada, 3)
    await ada.getByText('3 photos · Yours').waitFor()
    for (const photo of photoIds.slice(1)) await ada.request.delete(`${inAlbum}/${photo}`, { headers })
  })

  test('who can change an album writes below its photos, and renames it', async () => {
    await grace.goto(`${app.url}${albumPath}`)
    await pictures(grace, 1)
    await grace.focus('.tile-link')
    await grace.keyboard.press('Enter')
    await grace.waitForSelector('.view-frame')
    await grace.keyboard.press('e')
    await grace.getByLabel('Title', { exact: true }).fill('Low tide')
    await grace.keyboard.press('Enter')
    await grace.getByRole('button', { name: 'Low tide', exact: true }).waitFor()
    await assertAccessible(grace, 'a photo in view that can be edited')
    await press(grace, 'Back to the album')
    await grace.getByRole('link', { name: /^Low tide/ }).waitFor()
    await press(grace, 'Rename')
    await grace.getByLabel('Title', { exact: true }).fill('The sea at noon')
    await grace.keyboard.press('Enter')
    await grace.getByRole('heading', { name: 'The sea at noon' }).waitFor()
    await ada.goto(`${app.url}${albumPath}`)
    await ada.getByRole('heading', { name: 'The sea at noon' }).waitFor()
    await ada.getByRole('link', { name: /^Low tide/ }).waitFor()
  })

  test('a public link shows the album to a browser that is not logged in, until it is revoked', async () => {
    await ada.goto(`${app.url}${albumPath}`)
    await pictures(ada, 1)
    await press(ada, 'Share')
    await ada.getByLabel('Ends after').selectOption('1')
    await press(ada, 'Make a link')
    const address = await ada.getByLabel(/The new link/).inputValue()
    assert.equal(new URL(address).origin, app.url)
    const guest = await openPage(browser, complaints)
    await guest.goto(address)
    await pictures(guest, 1)
    await guest.getByText('By Ada Lovelace').waitFor()
    await assertAccessible(guest, 'a shared album')
    await guest.focus('.tile-link')
    await guest.keyboard.press('Enter')
    await guest.waitForSelector('.view-frame')
    assert.equal(await guest.getByRole('button', { name: /Delete|Take out|Title|caption|Select/ }).count(), 0)
    await guest.keyboard.press('Escape')
    assert.ok((await shiftOf(guest)) < SHIFT_MAX)

    await press(ada, /^Revoke the link/)
    await ada.getByRole('button', { name: /^Revoke the link/ }).waitFor({ state: 'detached' })
    await guest.reload()
    await guest.getByRole('heading', { name: /shows nothing any more/ }).waitFor()
    await assertAccessible(guest, 'a link that was revoked')
    await guest.context().close()
    await ada.keyboard.press('Escape')
  })

  test('an album is renamed; it is deleted only when that is confirmed', async () => {
    await press(ada, 'Rename')
    await ada.getByLabel('Title').fill('The North Sea')
    await ada.keyboard.press('Enter')
    await ada.getByRole('heading', { name: 'The North Sea' }).waitFor()
    await press(ada, 'Delete')
    await ada.getByRole('dialog').getByText('Its photos stay in the archive').waitFor()
    await press(ada, 'Keep it')
    await ada.getByRole('dialog').waitFor({ state: 'detached' })
  })

  test('who comes from an album to add photos goes back there with them', async () => {
    await press(ada, 'Add photos')
    await ada.getByText('Select photos for “The North Sea”').waitFor()
    await pictures(ada, 3)
    await assertAccessible(ada, 'the archive, with photos to be selected for an album')
    await ada.getByRole('link', { name: /^picture-/ }).first().click()
    await ada.getByText('1 selected').waitFor()
    await press(ada, 'Add to “The North Sea”')
    await pictures(ada, 2)
    assert.equal(new URL(ada.url()).pathname, albumPath)
    await ada.getByText('2 photos · Yours').waitFor()
  })

  test('who can change an album adds a photo of their own to it, and may leave it', async () => {
    await choose(grace, 'picture-4.jpg') // from the album: the gallery shows how it arrives
    await grace.waitForSelector('.print[data-stage="ready"]')
    assert.equal(new URL(grace.url()).pathname, '/')
    await grace.hover('.tile-link')
    await press(grace, 'Select picture-4')
    await press(grace, 'Add to album')
    await grace.getByRole('button', { name: /^The North Sea/ }).click()
    await press(grace, 'Show')
    await pictures(grace, 3)
    await press(grace, 'Leave')
    const asked = Promise.withResolvers<void>()
    await grace.route(
      '**/api/albums',
      async (request) => {
        await asked.promise
        await request.continue()
      },
      { times: 1 },
    )
    await press(grace, 'Leave album')
    await grace.getByText('You have left “The North Sea”').waitFor()
    assert.equal(await grace.locator('.album-card').count(), 0, 'it goes before the list has come again')
    asked.resolve()
    await grace.getByText('No album yet').waitFor()
    await grace.goto(`${app.url}${albumPath}`)
    await grace.getByRole('heading', { name: 'This album is not here' }).waitFor()
    await assertAccessible(grace, 'an album that is not there')
  })

  test('what could not be loaded because the server was away is loaded when it is back', async () => {
    const away = ['**/api/albums/*', '**/identity/sessions']
    for (const [path, shown] of [
      ['/account', ada.getByText('This browser')],
      [albumPath, ada.getByRole('heading', { name: 'The North Sea' })],
    ] as const) {
      for (const address of away) await ada.route(address, (request) => request.abort())
      await ada.goto(`${app.url}${path}`)
      await ada.getByRole('alert').getByText('The server does not answer').waitFor()
      for (const address of away) await ada.unroute(address)
      await shown.waitFor()
    }
  })

  test('nothing shifts while the archive, an album and the account load', async () => {
    for (const path of ['/', albumPath, '/account']) {
      await ada.goto(`${app.url}${path}`)
      await ada.waitForSelector(path === '/account' ? '.row-item' : '.tile-link')
      await ada.waitForLoadState('networkidle')
      const shift = await shiftOf(ada)
      assert.ok(shift < SHIFT_MAX, `${path} shifts by ${shift}`)
    }
  })

  test('an album that is deleted is gone; its photos are not', async () => {
    await ada.goto(`${app.url}${albumPath}`)
    await press(ada, 'Delete')
    await press(ada, 'Delete album')
    await ada.getByText('“The North Sea” deleted').waitFor()
    await ada.getByText('No album yet').waitFor()
    assert.equal(new URL(ada.url()).pathname, '/albums')
    assert.equal((await ada.request.get(`${app.url}/api${albumPath}`)).status(), 404)
    await ada.goto(app.url)
    await pictures(ada, 3)
  })

  test('a picture that the storage has no room for says so', async () => {
    await ada.goto(app.url)
    await pictures(ada, 3)
    const sent: string[] = []
    ada.on('request', (request) => void (request.method() === 'POST' && sent.push(new URL(request.url()).pathname)))
    await choose(ada, 'picture-4.jpg')
    await ada.waitForSelector('.print[data-stage="failed"]')
    assert.match(await ada.innerText('.print[data-stage="failed"]'), /Your storage is full/)
    assert.deepEqual(sent, [], 'it is said before anything is sent')
    await press(ada, /^Dismiss/)
  })

  test('the account page ends the sessions of other browsers', async () => {
    const other = await openPage(browser, complaints)
    await other.goto(app.url)
    await logIn(other, 'Ada Lovelace')
    await ada.getByRole('link', { name: 'Account of Ada Lovelace' }).click()
    await ada.getByText('This browser').waitFor()
    await ada.waitForFunction(() => document.querySelectorAll('.row-item').length === 2)
    assert.match(await ada.innerText('.account'), /ada@example\.org[\s\S]* used/)
    await assertAccessible(ada, 'the account')
    const { sessions } = (await (await ada.request.get(`${app.url}/identity/sessions`)).json()) as {
      sessions: { id: string; isThis: boolean }[]
    }
    const ended = sessions.find(({ isThis }) => !isThis)?.id
    await ada.request.delete(`${app.url}/identity/sessions/${ended}`, { headers: { origin: app.url } })
    await press(ada, /^Log out Chrome/)
    await ada.getByText('That browser is logged out').waitFor()
    await ada.waitForFunction(() => document.querySelectorAll('.row-item').length === 1)
    await other.goto(app.url)
    await logIn(other, 'Ada Lovelace')
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
    assert.deepEqual(complaints, [])
  })
})
