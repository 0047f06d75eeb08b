/// <reference lib="dom" />
/** People with their albums and links, as they meet each other: real browsers, a real login, real processes. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { StartedApp } from '../src/testing/started-app.ts'
import { assertAccessible, logIn, shiftOf } from './browser-kit.ts'
import { ask, developed, holdNext, openPeople, type People, pictures, press } from './browser-people-kit.ts'
import { need } from './need.ts'

const SHIFT_MAX = 0.02
const program = need('chromium')

describe('albums in a browser', { skip: program.skip }, () => {
  let people: People
  let app: StartedApp
  let ada: Page
  let grace: Page
  let albumPath: string

  before(async () => {
    people = await openPeople(program.path)
    ;({ app, ada, grace } = people)
    await ada.goto(app.url)
    await logIn(ada, 'Ada Lovelace')
  })

  after(() => people?.[Symbol.asyncDispose]())

  const share = async () => {
    await ada.getByLabel('E-mail address').fill('grace@example.org')
    await press(ada, 'Add')
  }

  test('photos that are selected by keyboard become an album', async () => {
    await ada.waitForSelector('.empty')
    await people.choose(ada, 'picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg')
    await developed(ada, 3)
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
    const { albums } = (await (await ask(ada, 'GET', '/api/albums')).json()) as { albums: unknown[] }
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
    await ada.getByRole('list', { name: 'Shared with' }).getByText('grace@example.org').waitFor()
    await assertAccessible(ada, 'an album being shared')
  })

  test('what is asked for in the sheet while the server is busy with something else is done after that', async () => {
    const release = await holdNext(ada, '**/members/*')
    await ada.getByLabel('What Grace Hopper may do').selectOption('editor')
    await press(ada, 'Remove Grace Hopper')
    release()
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
    await grace.locator('.panel-facts').getByText('Ada Lovelace').waitFor()
    const download = grace.waitForEvent('download')
    await grace.getByRole('link', { name: 'Download original' }).click()
    assert.match((await download).suggestedFilename(), /^picture-\d\.jpg$/)
    await grace.reload()
    await grace.waitForSelector('.view-frame')
    await grace.keyboard.press('Escape')
    await grace.waitForSelector('.view', { state: 'detached' })
    assert.equal(new URL(grace.url()).pathname, albumPath)
    assert.equal((await ask(grace, 'GET', '/api/account')).status(), 200)
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
    const { photos } = (await (await ask(ada, 'GET', '/api/photos')).json()) as { photos: { id: string }[] }
    const photoIds = photos.map(({ id }) => id)
    const inAlbum = `/api${albumPath}/photos`
    assert.equal((await ask(ada, 'PUT', inAlbum, { photoIds })).status(), 204)
    await ada.goto(`${app.url}${albumPath}`)
    await pictures(ada, 3)
    for (const tile of await ada.locator('.tile-select').all()) await tile.click()
    const first = await ada.locator('.tile-link').first().getAttribute('data-photo')
    assert.equal((await ask(ada, 'DELETE', `${inAlbum}/${first}`)).status(), 204)
    await press(ada, 'Take out of the album')
    await ada.getByText('3 photos taken out of the album').waitFor()
    assert.deepEqual([await ada.locator('.selection').count(), await ada.locator('.tile-link').count()], [0, 0])
    await press(ada, 'Undo')
    await pictures(ada, 3)
    await ada.getByText('3 photos · Yours').waitFor()
    for (const photo of photoIds.slice(1)) await ask(ada, 'DELETE', `${inAlbum}/${photo}`)
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
    await grace.reload()
    await grace.getByText('Public link', { exact: true }).waitFor()
    const guest = await people.newcomer()
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
    await ada
      .getByRole('link', { name: /^picture-/ })
      .first()
      .click()
    await ada.getByText('1 selected').waitFor()
    await press(ada, 'Add to “The North Sea”')
    await pictures(ada, 2)
    assert.equal(new URL(ada.url()).pathname, albumPath)
    await ada.getByText('2 photos · Yours').waitFor()
  })

  test('who can change an album adds a photo of their own to it, and may leave it', async () => {
    await people.choose(grace, 'picture-4.jpg') // from the album: the gallery shows how it arrives
    await grace.waitForSelector('.print[data-stage="ready"]')
    assert.equal(new URL(grace.url()).pathname, '/')
    await grace.hover('.tile-link')
    await press(grace, 'Select picture-4')
    await press(grace, 'Add to album')
    await grace.getByRole('button', { name: /^The North Sea/ }).click()
    await press(grace, 'Show')
    await pictures(grace, 3)
    await press(grace, 'Leave')
    const release = await holdNext(grace, '**/api/albums')
    await press(grace, 'Leave album')
    await grace.getByText('You have left “The North Sea”').waitFor()
    assert.equal(await grace.locator('.album-card').count(), 0, 'it goes before the list has come again')
    release()
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
    assert.equal((await ask(ada, 'GET', `/api${albumPath}`)).status(), 404)
    await ada.goto(app.url)
    await pictures(ada, 3)
  })

  test('nothing was refused by the content policy and nothing was thrown', () => {
    assert.deepEqual(people.complaints, [])
  })
})
