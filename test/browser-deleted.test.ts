/// <reference lib="dom" />
/** What was deleted, until it is gone: brought back, or gone at once, which makes room. A real browser and real processes. */
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
import { assertAccessible, launchBrowser, logIn, openPage, shiftOf } from './browser-kit.ts'
import { need } from './need.ts'

const APP = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))
const SHIFT_MAX = 0.02
/** What every file here is made to have: readers of pictures stop at the end of the picture, and a ZIP shrinks the rest. */
const FILE_BYTES = 200_000
const program = need('chromium')

describe('deleted photos in a browser', { skip: program.skip }, () => {
  let app: StartedApp
  let browser: Browser
  let page: Page
  let folder: string
  const complaints: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-deleted-'))
    const padded = async (n: number) => {
      const { name, bytes } = await picture(n, 300, 200)
      const whole = new Uint8Array(FILE_BYTES)
      whole.set(bytes)
      return { name, bytes: whole }
    }
    for (const n of [1, 2, 3]) {
      const { name, bytes } = await padded(n)
      await writeFile(join(folder, name), bytes)
    }
    await writeFile(join(folder, 'trip.zip'), zip([await padded(4), await padded(5)]))
    app = await startApp(APP, { env: { DARKROOM_QUOTA_BYTES: String(4.5 * FILE_BYTES) } })
    browser = await launchBrowser(program.path)
    page = await openPage(browser, complaints)
    await page.goto(app.url)
    await logIn(page, 'Ada Lovelace')
    await choose('picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg')
    await page.waitForFunction(() => document.querySelectorAll('.print[data-stage="ready"]').length === 3)
    await page.reload()
    await tiles(3)
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
  const tiles = (count: number) =>
    page.waitForFunction((wanted) => document.querySelectorAll('.tile-link').length === wanted, count)
  const cards = (count: number) =>
    page.waitForFunction((wanted) => document.querySelectorAll('.deleted-card').length === wanted, count)
  const press = (name: string | RegExp) => page.getByRole('button', { name, exact: true }).click()
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName)
  const toDeleted = async () => {
    await page.getByRole('link', { name: 'Account of Ada Lovelace' }).click()
    await page.getByRole('link', { name: 'Recently deleted' }).click()
    await page.getByRole('heading', { name: 'Recently deleted' }).waitFor()
  }

  test('a page without a deleted photo says so', async () => {
    await toDeleted()
    await page.getByText('Nothing here').waitFor()
    await assertAccessible(page, 'deleted photos, none')
  })

  test('what was just deleted is there at once, with when it goes, and undoing takes it off the page', async () => {
    await page.getByRole('link', { name: /^Darkroom/ }).click()
    await page.getByRole('link', { name: /^picture-1/ }).focus()
    await page.keyboard.press('Delete')
    await tiles(2)
    await toDeleted()
    await cards(1)
    assert.match(await page.innerText('.deleted-card'), /picture-1\s+Goes for good in 30 days · 195 KB/)
    await press('Undo')
    await page.getByText('Nothing here').waitFor()
    await page.getByRole('link', { name: /^Darkroom/ }).click()
    await tiles(3)
  })

  test('a deleted photo is restored by keyboard, and is in the gallery again', async () => {
    await page.getByRole('link', { name: /^picture-1/ }).focus()
    await page.keyboard.press('Delete')
    await page.getByRole('link', { name: /^picture-2/ }).focus()
    await page.keyboard.press('Delete')
    await tiles(1)
    await toDeleted()
    await cards(2)
    await assertAccessible(page, 'deleted photos')
    await page.getByRole('button', { name: 'Restore picture-2' }).focus()
    await page.keyboard.press('Enter')
    await cards(1)
    assert.equal(await focused(), 'Restore picture-1', 'the keyboard goes on with the next one')
    await page.reload()
    await cards(1)
    assert.ok((await shiftOf(page)) < SHIFT_MAX)
    await page.getByRole('link', { name: /^Darkroom/ }).click()
    await tiles(2)
  })

  test('the account tells how much of the storage is deleted photos', async () => {
    await page.getByRole('link', { name: 'Account of Ada Lovelace' }).click()
    await page.getByText('195 KB of it are photos that you have deleted').waitFor()
    await assertAccessible(page, 'the account, with deleted photos')
  })

  test('an import that finds no room goes on when deleting for good has made some', async () => {
    await choose('trip.zip')
    const standing = page.locator('.import-standing')
    await standing.getByText('1 photo imported, then the storage was full').waitFor()
    await toDeleted()
    await press('Delete picture-1 for good')
    await page.getByRole('dialog').getByText('cannot be brought back').waitFor()
    await assertAccessible(page, 'the last question')
    await press('Keep it')
    await cards(1)
    await press('Delete picture-1 for good')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('Nothing here').waitFor()
    assert.equal(await focused(), 'H1')
    await page.getByRole('link', { name: /^Darkroom/ }).click()
    await press('Go on: trip.zip')
    await standing.getByText('2 photos imported').waitFor()
    await press('Done: trip.zip')
    await page.waitForSelector('.import', { state: 'detached' })
  })

  test('all that is deleted goes for good at once when that is confirmed', async () => {
    await page.reload()
    await tiles(4)
    for (const left of [3, 2]) {
      await page.focus('.tile-link')
      await page.keyboard.press('Delete')
      await tiles(left)
    }
    await toDeleted()
    await cards(2)
    await press('Delete all for good')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('2 photos deleted for good').waitFor()
    await page.getByText('Nothing here').waitFor()
    const { storage } = (await (await page.request.get(`${app.url}/api/account`)).json()) as {
      storage: { usedBytes: number; deletedBytes: number }
    }
    assert.deepEqual([storage.usedBytes, storage.deletedBytes], [2 * FILE_BYTES, 0])
  })

  test('nothing was refused by the content policy and nothing was thrown', () => assert.deepEqual(complaints, []))
})
