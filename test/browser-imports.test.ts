/// <reference lib="dom" />
/** Imports, cancelling and failures as a person meets them: a real browser, a real server, real processes. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { picture } from '../examples/darkroom/test/client.ts'
import { type ZippedFile, zip } from '../examples/darkroom/test/zip.ts'
import { type StartedApp, startApp } from '../src/testing/started-app.ts'
import { launchBrowser, logIn, openPage } from './browser-kit.ts'
import { need } from './need.ts'

const APP = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))
/** Rendered long enough to be cancelled on the way. */
const SLOW = 60
const program = need('chromium')

describe('imports in a browser', { skip: program.skip }, () => {
  let app: StartedApp
  let browser: Browser
  let page: Page
  let folder: string
  const complaints: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-archives-'))
    const save = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes)
    const small = await Promise.all([1, 2, 3].map((n) => picture(n, 300, 200)))
    await save('trip.zip', zip([...small, { name: 'notes.txt', bytes: Buffer.from('text') }]))
    const { bytes } = await picture(4, 2_400, 1_600)
    await save(
      'slow.zip',
      zip(Array.from({ length: SLOW }, (_, n): ZippedFile => ({ name: `${n}.jpg`, bytes, method: 0 }))),
    )
    await save('slow.jpg', bytes)
    await save('half.jpg', bytes.subarray(0, bytes.length >> 1))
    await save('sound.jpg', small[0]?.bytes ?? bytes)
    app = await startApp(APP)
    browser = await launchBrowser(program.path)
    page = await openPage(browser, complaints)
    await page.goto(app.url)
    await logIn(page, 'Ada Lovelace')
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
  const standing = (words: RegExp) => page.locator('.import-standing', { hasText: words }).waitFor()
  const photoCount = async () =>
    ((await (await page.request.get(`${app.url}/api/photos?limit=200`)).json()) as { photos: unknown[] }).photos.length
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click()
  /** For the server to have noted an end, and the page to have asked. */
  const linkToFailures = (count: number) =>
    count === 0
      ? page.waitForSelector('.header-failed', { state: 'detached' })
      : page.getByRole('link', { name: `${count} not developed` }).waitFor()

  test('a ZIP that is chosen is imported: its photos are shown, and what was left out is told', async () => {
    await choose('trip.zip')
    await standing(/3 photos imported/)
    await page.waitForFunction(() => document.querySelectorAll('.tile-link').length === 3)
    assert.match(await page.innerText('.header-count'), /3 photos/)
    await page.click('.import-left summary')
    assert.match(await page.innerText('.import-left'), /notes\.txt.*no picture/s)
    assert.equal(await page.locator('.import-strip a').count(), 3)
  })

  test('it is there after a reload, and gone for good when it is done with; its photos stay', async () => {
    await page.reload()
    await standing(/3 photos imported/)
    await press('Done: trip.zip')
    await page.waitForSelector('.import', { state: 'detached' })
    await page.reload()
    await page.waitForFunction(() => document.querySelectorAll('.tile-link').length === 3)
    assert.equal(await page.locator('.import').count(), 0)
  })

  test('an import that is cancelled half way is taken back', async () => {
    await choose('slow.zip')
    await standing(/Developing [1-9]\d* of 60/)
    await press('Cancel import: slow.zip')
    await page.waitForSelector('.import', { state: 'detached' })
    assert.match(await page.innerText('.toasts'), /cancelled: 60 photos deleted/)
    assert.equal(await photoCount(), 3)
    await page.reload()
    await page.waitForSelector('.tile-link')
    assert.equal(await page.locator('.import').count(), 0)
  })

  test('a picture is cancelled by keyboard while it develops, shows so, and can be tried again', async () => {
    await choose('slow.jpg')
    await page.waitForSelector('.print[data-stage="developing"] .print-cancel')
    await page.focus('.print-cancel')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.print[data-stage="cancelled"]')
    assert.match(await page.innerText('.print[data-stage="cancelled"]'), /slow\.jpg\s+Cancelled/)
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute('role')),
      'group',
      'the keyboard is still there',
    )
    await linkToFailures(1)
    assert.match(await page.innerText('.header-count'), /3 photos/, 'it is not counted as a photo')
    await press('Try slow.jpg again')
    await page.waitForSelector('.print[data-stage="ready"]')
    await linkToFailures(0)
  })

  test('a broken picture is told with its reason, without another try, and can be removed', async () => {
    await choose('half.jpg')
    await page.waitForSelector('.print[data-stage="failed"]')
    await linkToFailures(1)
    await page.reload()
    await page.waitForSelector('.tile-link')
    assert.equal(await page.locator('.print').count(), 0, 'the gallery is without it')
    await page.click('.header-failed')
    const item = page.locator('.failure', { hasText: 'half.jpg' })
    assert.match(await item.innerText(), /Damaged or incomplete/)
    assert.equal(await page.getByRole('button', { name: /again/ }).count(), 0)
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
    await press('Remove half.jpg')
    await item.waitFor({ state: 'detached' })
    await linkToFailures(0)
    assert.match(await page.innerText('.failures'), /Every photo in the archive is developed/)
  })

  test('what failed for another reason is tried again, all at once', async () => {
    const renditions = join(app.home, 'blobs', 'renditions')
    await rm(renditions, { recursive: true })
    await writeFile(renditions, 'no folder')
    await page.keyboard.press('Escape')
    await choose('sound.jpg')
    await page.waitForSelector('.print[data-stage="failed"]')
    await rm(renditions)
    await page.click('.header-failed')
    assert.match(await page.locator('.failure', { hasText: 'sound.jpg' }).innerText(), /Could not be developed/)
    await press('Try 1 photo again')
    await linkToFailures(0)
    await page.click('.page-back')
    await page.waitForSelector('.print[data-stage="ready"]')
  })

  test('nothing was thrown', () => assert.deepEqual(complaints, []))
})
