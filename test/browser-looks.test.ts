/// <reference lib="dom" />
/** Every page of Darkroom in every look, wide and narrow, light and dark, with a real server behind it: open to everybody. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { picture } from '../examples/darkroom/test/client.ts'
import { zip } from '../examples/darkroom/test/zip.ts'
import { type StartedApp, startApp } from '../src/testing/started-app.ts'
import { assertAccessibleInAllLooks, launchBrowser, logIn, openPage } from './browser-kit.ts'
import { need } from './need.ts'

const APP = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))
const program = need('chromium')

describe('the looks of Darkroom', { skip: program.skip }, () => {
  let app: StartedApp
  let browser: Browser
  let page: Page
  let guest: Page
  let folder: string
  let albumPath: string
  let linkPath: string
  const complaints: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-looks-'))
    const pictures = await Promise.all([1, 2, 3, 4].map((n) => picture(n, 600, n === 2 ? 900 : 400)))
    for (const { name, bytes } of pictures) await writeFile(join(folder, name), bytes)
    const [first, , , last] = pictures
    assert.ok(first && last)
    await writeFile(join(folder, 'half.jpg'), first.bytes.subarray(0, first.bytes.length >> 1))
    await writeFile(join(folder, 'trip.zip'), zip([last, { name: 'notes.txt', bytes: Buffer.from('text') }]))
    app = await startApp(APP)
    browser = await launchBrowser(program.path)
    page = await openPage(browser, complaints)
    guest = await openPage(browser, complaints)
  })

  after(async () => {
    await browser?.close()
    await app?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const choose = async (...names: readonly string[]): Promise<void> => {
    const chooser = page.waitForEvent('filechooser')
    await page.click('.header-upload')
    await (await chooser).setFiles(names.map((name) => join(folder, name)))
  }
  const tiles = (on: Page, count: number) =>
    on.waitForFunction((wanted) => document.querySelectorAll('.tile-link').length === wanted, count)
  const press = (name: string | RegExp) => page.getByRole('button', { name, exact: true }).click()
  const api = <T>(method: string, path: string, data: unknown) =>
    page.request
      .fetch(`${app.url}/api${path}`, { method, data, headers: { origin: app.url } })
      .then(async (answer) => (answer.status() === 204 ? undefined : await answer.json()) as T)

  test('the start page', async () => {
    await page.goto(app.url)
    await page.getByRole('link', { name: 'Log in' }).waitFor()
    await assertAccessibleInAllLooks(page, 'the start page')
  })

  test('the gallery: empty, with photos that develop or do not, with an import and with a selection', async () => {
    await logIn(page, 'Ada Lovelace')
    await page.waitForSelector('.empty')
    await assertAccessibleInAllLooks(page, 'the empty gallery')
    await choose('picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg', 'half.jpg', 'trip.zip')
    await page.waitForFunction(() => document.querySelectorAll('.print[data-stage="ready"]').length === 3)
    await page.waitForSelector('.print[data-stage="failed"]')
    await page.getByText('1 photo imported').waitFor()
    await page.click('.import-left summary')
    await assertAccessibleInAllLooks(page, 'the gallery while pictures arrive')
    await press('Done: trip.zip')
    await page.reload()
    await tiles(page, 4)
    await page.focus('.tile-link')
    await page.keyboard.press('x')
    await assertAccessibleInAllLooks(page, 'the gallery with a selection')
    await press('Add to album')
    await page.getByLabel('New album').waitFor()
    await assertAccessibleInAllLooks(page, 'the albums to choose from')
    await page.keyboard.press('Escape')
    await press('Clear the selection')
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

  test('albums, an album and the sheet that shares it', async () => {
    const { photos } = await api<{ photos: { id: string }[] }>('GET', '/photos', undefined)
    await page.goto(`${app.url}/albums`)
    await page.getByText('No album yet').waitFor()
    await assertAccessibleInAllLooks(page, 'the albums, none')
    const { id } = await api<{ id: string }>('POST', '/albums', { title: 'Three days by the sea, and one of rain' })
    albumPath = `/albums/${id}`
    await page.goto(`${app.url}${albumPath}`)
    await page.getByText('Nothing in it yet').waitFor()
    await assertAccessibleInAllLooks(page, 'an empty album')
    await api('PUT', `${albumPath}/photos`, { photoIds: photos.map((photo) => photo.id) })
    const link = await api<{ url: string }>('POST', `${albumPath}/links`, { days: 7 })
    linkPath = link.url
    await page.goto(`${app.url}/albums`)
    await page.locator('.album-card').waitFor()
    await assertAccessibleInAllLooks(page, 'the albums')
    await guest.goto(app.url)
    await logIn(guest, 'Grace Hopper')
    await api('POST', `${albumPath}/members`, { email: 'grace@example.org', role: 'viewer' })
    await page.goto(`${app.url}${albumPath}`)
    await tiles(page, 4)
    await assertAccessibleInAllLooks(page, 'an album')
    await press('Share')
    await press('Make a link')
    await page.getByLabel(/The new link/).waitFor()
    await assertAccessibleInAllLooks(page, 'the sheet that shares an album')
    await page.keyboard.press('Escape')
    await press('Delete')
    await assertAccessibleInAllLooks(page, 'the question before an album is deleted')
    await press('Keep it')
    await press('Add photos')
    await page.getByText('Select photos for').waitFor()
    await assertAccessibleInAllLooks(page, 'the gallery, to choose for an album')
  })

  test('an album of somebody else', async () => {
    await guest.goto(`${app.url}${albumPath}`)
    await tiles(guest, 4)
    await assertAccessibleInAllLooks(guest, 'an album of somebody else')
  })

  test('the account and the deleted photos', async () => {
    await page.goto(app.url)
    await tiles(page, 4)
    await page.getByRole('link', { name: 'picture-4' }).focus()
    await page.keyboard.press('Delete')
    await tiles(page, 3)
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
    await tiles(guest, 3)
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

  test('nothing was refused by the content policy and nothing was thrown', () => assert.deepEqual(complaints, []))
})
