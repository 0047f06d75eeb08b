/// <reference lib="dom" />
/** The way of a picture as a person sees it: a real browser, a real server, real processes. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { CAPTION_CHARS_MAX } from '../examples/darkroom/contract/limits.ts'
import { picture } from '../examples/darkroom/test/client.ts'
import { type StartedApp, startApp } from '../src/testing/started-app.ts'
import { launchBrowser, logIn, openPage, shiftOf, WAIT_MS } from './browser-kit.ts'
import { need } from './need.ts'

const APP = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))
const program = need('chromium')

describe('Darkroom in a browser', { skip: program.skip }, () => {
  let app: StartedApp
  let browser: Browser
  let page: Page
  let folder: string
  const complaints: string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-pictures-'))
    for (const n of [1, 2, 3]) {
      const { name, bytes } = await picture(n, 1_200, n === 2 ? 1_600 : 900)
      await writeFile(join(folder, name), bytes)
    }
    await writeFile(join(folder, 'no-picture.jpg'), 'this is text, whatever its name says')
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

  test('an empty archive invites', async () => {
    await page.waitForSelector('.empty', { timeout: WAIT_MS })
  })

  test('pictures that are chosen show their progress and become photos', async () => {
    // what the page shows of each tile's way, as it happens
    await page.evaluate(() => {
      const seen = new Set<string>()
      Object.assign(globalThis, { seen })
      new MutationObserver(() => {
        for (const tile of document.querySelectorAll<HTMLElement>('.print')) seen.add(tile.dataset['stage'] ?? '')
      }).observe(document.body, { subtree: true, childList: true, attributes: true })
    })
    await choose('picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg')
    await page.waitForFunction(() => document.querySelectorAll('.print[data-stage="ready"]').length === 3, null, {
      timeout: WAIT_MS,
    })
    const seen = await page.evaluate(() => [...(globalThis as unknown as { seen: Set<string> }).seen])
    assert.ok(seen.includes('developing'), `processing was shown live: ${seen.join(', ')}`)
  })

  test('a file that is no picture says so on its tile, and harms none of the others', async () => {
    await choose('no-picture.jpg')
    await page.waitForSelector('.print[data-stage="failed"]', { timeout: WAIT_MS })
    assert.match(await page.innerText('.print[data-stage="failed"]'), /no-picture\.jpg/)
    await page.click('.print[data-stage="failed"] button')
    await page.waitForSelector('.print[data-stage="failed"]', { state: 'detached' })
  })

  test('after a reload the gallery shows what was uploaded', async () => {
    await page.reload()
    await page.waitForFunction(() => document.querySelectorAll('.tile-link').length === 3, null, { timeout: WAIT_MS })
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll<HTMLImageElement>('.tile-link img')].every(
          (img) => img.complete && img.naturalWidth > 0,
        ),
      null,
      { timeout: WAIT_MS },
    )
  })

  test('a photo opens by keyboard, and its title is kept', async () => {
    await page.focus('.tile-link')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.view-frame')
    await page.keyboard.press('e')
    await page.keyboard.type('The sea at Thy')
    const saved = page.waitForResponse((response) => response.request().method() === 'PATCH' && response.ok())
    await page.keyboard.press('Enter')
    await saved
    await page.keyboard.press('Escape')
    await page.waitForSelector('.view', { state: 'detached' })
    await page.reload()
    await page.waitForSelector('.tile-link')
    const list = (await (await page.request.get(`${app.url}/api/photos`)).json()) as {
      photos: { title: string | null }[]
    }
    assert.ok(list.photos.some((photo) => photo.title === 'The sea at Thy'))
  })

  test('a caption may be as long as the server takes it', async () => {
    await page.focus('.tile-link')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Add a caption' }).click()
    await page.getByLabel('Caption').fill('waves '.repeat(CAPTION_CHARS_MAX / 6 - 1).padEnd(CAPTION_CHARS_MAX, '!'))
    const saved = page.waitForResponse((response) => response.request().method() === 'PATCH')
    await page.keyboard.press('Control+Enter')
    const { caption } = (await (await saved).json()) as { caption: string }
    assert.equal(caption.length, CAPTION_CHARS_MAX)
    await page.keyboard.press('Escape')
    await page.waitForSelector('.view', { state: 'detached' })
  })

  test('nothing shifts while pages load and photos arrive', async () => {
    const shift = await shiftOf(page)
    assert.ok(shift < 0.01, `cumulative layout shift is ${shift}`)
  })

  test('nothing was refused by the content policy and nothing was thrown', () => {
    assert.deepEqual(complaints, [])
  })
})
