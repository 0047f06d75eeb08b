/// <reference lib="dom" />
/** Every page of Darkroom in every look, wide and narrow, light and dark, with a real server behind it: open to everybody. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { picture } from '../examples/darkroom/test/client.ts'
import { zip } from '../examples/darkroom/test/zip.ts'
import type { StartedApp } from '../src/testing/started-app.ts'
import { assertAccessibleInAllLooks, logIn } from './browser-kit.ts'
import { ask, developed, openPeople, type People, pictures, press } from './browser-people-kit.ts'
import { need } from './need.ts'

const program = need('chromium')

describe('the looks of Darkroom', { skip: program.skip }, () => {
  let people: People
  let app: StartedApp
  let page: Page
  let guest: Page
  let albumPath: string
  let linkPath: string

  before(async () => {
    people = await openPeople(program.path)
    ;({ app, ada: page, grace: guest } = people)
    const { bytes } = await picture(5, 600, 400)
    await people.save('half.jpg', bytes.subarray(0, bytes.length >> 1))
    await people.save(
      'trip.zip',
      zip([
        { name: 'trip.jpg', bytes },
        { name: 'notes.txt', bytes: Buffer.from('text') },
      ]),
    )
  })

  after(() => people?.[Symbol.asyncDispose]())

  const api = async <T>(method: string, path: string, data?: unknown) =>
    (await (await ask(page, method, `/api${path}`, data)).json()) as T

  test('the start page', async () => {
    await page.goto(app.url)
    await page.getByRole('link', { name: 'Log in' }).waitFor()
    await assertAccessibleInAllLooks(page, 'the start page')
  })

  test('the gallery, empty and while pictures and an import arrive', async () => {
    await logIn(page, 'Ada Lovelace')
    await page.waitForSelector('.empty')
    await assertAccessibleInAllLooks(page, 'the empty gallery')
    await people.choose(page, 'picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg', 'half.jpg', 'trip.zip')
    await developed(page, 3)
    await page.waitForSelector('.print[data-stage="failed"]')
    await page.locator('.import-standing', { hasText: '1 photo imported' }).waitFor()
    await page.click('.import-left summary')
    await assertAccessibleInAllLooks(page, 'the gallery while pictures arrive')
    await press(page, 'Done: trip.zip')
    await page.waitForSelector('.import', { state: 'detached' })
  })

  test('the gallery with a selection, the albums to choose from, and the keys', async () => {
    await page.goto(app.url)
    await pictures(page, 4)
    await page.focus('.tile-link')
    await page.keyboard.press('x')
    await assertAccessibleInAllLooks(page, 'the gallery with a selection')
    await press(page, 'Add to album')
    await page.getByLabel('New album').waitFor()
    await assertAccessibleInAllLooks(page, 'the albums to choose from')
    await page.keyboard.press('Escape')
    await press(page, 'Clear the selection')
    await page.keyboard.press('?')
    await assertAccessibleInAllLooks(page, 'the keys')
    await page.keyboard.press('Escape')
  })

  test('a photo in view', async () => {
    await page.focus('.tile-link')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.view-frame')
    await page.getByRole('link', { name: 'Download original' }).waitFor()
    await assertAccessibleInAllLooks(page, 'a photo in view')
    await page.keyboard.press('e')
    await page.getByLabel('Title', { exact: true }).waitFor()
    await assertAccessibleInAllLooks(page, 'a photo whose title is edited')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
  })

  test('the albums, and an empty one', async () => {
    const { photos } = await api<{ photos: { id: string }[] }>('GET', '/photos')
    await page.goto(`${app.url}/albums`)
    await page.getByText('No album yet').waitFor()
    await assertAccessibleInAllLooks(page, 'the albums, none')
    const { id } = await api<{ id: string }>('POST', '/albums', { title: 'Three days by the sea, and one of rain' })
    albumPath = `/albums/${id}`
    await page.goto(`${app.url}${albumPath}`)
    await page.getByText('Nothing in it yet').waitFor()
    await assertAccessibleInAllLooks(page, 'an empty album')
    await ask(page, 'PUT', `/api${albumPath}/photos`, { photoIds: photos.map((photo) => photo.id) })
    const link = await api<{ url: string }>('POST', `${albumPath}/links`, { days: 7 })
    linkPath = link.url
    await page.goto(`${app.url}/albums`)
    await page.locator('.album-card').waitFor()
    await assertAccessibleInAllLooks(page, 'the albums')
  })

  test('an album, the sheet that shares it, and the gallery to choose from', async () => {
    await guest.goto(app.url)
    await logIn(guest, 'Grace Hopper')
    await ask(page, 'POST', `/api${albumPath}/members`, { email: 'grace@example.org', role: 'viewer' })
    await page.goto(`${app.url}${albumPath}`)
    await pictures(page, 4)
    await assertAccessibleInAllLooks(page, 'an album')
    await press(page, 'Share')
    await press(page, 'Make a link')
    await page.getByLabel(/The new link/).waitFor()
    await assertAccessibleInAllLooks(page, 'the sheet that shares an album')
    await page.keyboard.press('Escape')
    await press(page, 'Delete')
    await assertAccessibleInAllLooks(page, 'the question before an album is deleted')
    await press(page, 'Keep it')
    await press(page, 'Add photos')
    await page.getByText('Select photos for').waitFor()
    await assertAccessibleInAllLooks(page, 'the gallery, to choose for an album')
  })

  test('an album of somebody else', async () => {
    await guest.goto(`${app.url}${albumPath}`)
    await pictures(guest, 4)
    await assertAccessibleInAllLooks(guest, 'an album of somebody else')
  })

  test('the account and the deleted photos', async () => {
    await page.goto(app.url)
    await pictures(page, 4)
    await page.getByRole('link', { name: 'trip' }).focus()
    await page.keyboard.press('Delete')
    await pictures(page, 3)
    await assertAccessibleInAllLooks(page, 'the offer to undo')
    await page.goto(`${app.url}/deleted`)
    await page.locator('.deleted-card, .problem').waitFor()
    await assertAccessibleInAllLooks(page, 'deleted photos')
    await page.goto(`${app.url}/account`)
    await page.getByText('This browser').waitFor()
    await assertAccessibleInAllLooks(page, 'the account')
  })

  test('the photos that were not developed', async () => {
    await page.goto(`${app.url}/failed`)
    await page.locator('.failure').waitFor()
    await assertAccessibleInAllLooks(page, 'the failures')
  })

  test('a public link, a photo in view behind it, and one that has ended', async () => {
    await guest.context().clearCookies()
    await guest.goto(`${app.url}${linkPath}`)
    await pictures(guest, 3)
    await assertAccessibleInAllLooks(guest, 'a public link')
    await guest.focus('.tile-link')
    await guest.keyboard.press('Enter')
    await guest.waitForSelector('.view-frame')
    await assertAccessibleInAllLooks(guest, 'a photo behind a public link')
    await guest.goto(`${app.url}/shared/${'0'.repeat(43)}`)
    await guest.getByRole('heading', { name: /shows nothing any more/ }).waitFor()
    await assertAccessibleInAllLooks(guest, 'a link that has ended')
    await guest.goto(`${app.url}/nowhere/at/all`)
    await guest.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    await assertAccessibleInAllLooks(guest, 'an address where nothing is')
  })

  test('nothing was refused by the content policy and nothing was thrown', () => {
    assert.deepEqual(people.complaints, [])
  })
})
