/// <reference lib="dom" />
/** What was deleted, until it is gone: brought back, or gone at once, which makes room. A real browser and real processes. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { picture } from '../examples/darkroom/test/client.ts'
import { zip } from '../examples/darkroom/test/zip.ts'
import { assertAccessible, logIn, shiftOf } from './browser-kit.ts'
import { ask, developed, openPeople, type People, pictures, press } from './browser-people-kit.ts'
import { need } from './need.ts'

const SHIFT_MAX = 0.02
/** What every file here is made to have: readers of pictures stop at the end of the picture, and a ZIP shrinks the rest. */
const FILE_BYTES = 200_000
const program = need('chromium')

describe('deleted photos in a browser', { skip: program.skip }, () => {
  let people: People
  let page: Page

  before(async () => {
    people = await openPeople(program.path, { quotaBytes: 4.5 * FILE_BYTES })
    page = people.ada
    const padded = async (n: number) => {
      const whole = new Uint8Array(FILE_BYTES)
      whole.set((await picture(n, 300, 200)).bytes)
      return { name: `picture-${n}.jpg`, bytes: whole }
    }
    for (const n of [1, 2, 3]) {
      const { name, bytes } = await padded(n)
      await people.save(name, bytes)
    }
    await people.save('trip.zip', zip([await padded(4), await padded(5)]))
    await page.goto(people.app.url)
    await logIn(page, 'Ada Lovelace')
    await people.choose(page, 'picture-1.jpg', 'picture-2.jpg', 'picture-3.jpg')
    await developed(page, 3)
    await page.reload()
    await pictures(page, 3)
  })

  after(() => people?.[Symbol.asyncDispose]())

  const cards = (count: number) =>
    page.waitForFunction((wanted) => document.querySelectorAll('.deleted-card').length === wanted, count)
  const focused = () =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName)
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
    await pictures(page, 2)
    await toDeleted()
    await cards(1)
    assert.match(await page.innerText('.deleted-card'), /picture-1\s+Goes for good in 30 days · 195 KB/)
    await press(page, 'Undo')
    await page.getByText('Nothing here').waitFor()
    await page.getByRole('link', { name: /^Darkroom/ }).click()
    await pictures(page, 3)
  })

  test('a deleted photo is restored by keyboard, and is in the gallery again', async () => {
    await page.getByRole('link', { name: /^picture-1/ }).focus()
    await page.keyboard.press('Delete')
    await page.getByRole('link', { name: /^picture-2/ }).focus()
    await page.keyboard.press('Delete')
    await pictures(page, 1)
    await toDeleted()
    await cards(2)
    await assertAccessible(page, 'deleted photos')
    await page.getByRole('button', { name: 'Restore: picture-2' }).focus()
    await page.keyboard.press('Enter')
    await cards(1)
    assert.equal(await focused(), 'Restore: picture-1', 'the keyboard goes on with the next one')
    await page.reload()
    await cards(1)
    assert.ok((await shiftOf(page)) < SHIFT_MAX)
    await page.getByRole('link', { name: /^Darkroom/ }).click()
    await pictures(page, 2)
  })

  test('the account tells how much of the storage is deleted photos', async () => {
    await page.getByRole('link', { name: 'Account of Ada Lovelace' }).click()
    await page.getByText('195 KB of it are photos that you have deleted').waitFor()
    await assertAccessible(page, 'the account, with deleted photos')
  })

  test('an import that finds no room goes on when deleting for good has made some', async () => {
    await people.choose(page, 'trip.zip')
    const standing = (words: string) => page.locator('.import-standing', { hasText: words }).waitFor()
    await standing('1 photo imported, then the storage was full')
    await toDeleted()
    await press(page, 'Delete for good: picture-1')
    await page.getByRole('dialog').getByText('cannot be brought back').waitFor()
    await assertAccessible(page, 'the last question')
    await press(page, 'Keep it')
    await cards(1)
    await press(page, 'Delete for good: picture-1')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('Nothing here').waitFor()
    assert.equal(await focused(), 'H1')
    await page.getByRole('link', { name: /^Darkroom/ }).click()
    await press(page, 'Go on: trip.zip')
    await standing('2 photos imported')
    await press(page, 'Done: trip.zip')
    await page.waitForSelector('.import', { state: 'detached' })
  })

  test('all that is deleted goes for good at once when that is confirmed', async () => {
    await page.reload()
    await pictures(page, 4)
    for (const left of [3, 2]) {
      await page.focus('.tile-link')
      await page.keyboard.press('Delete')
      await pictures(page, left)
    }
    await toDeleted()
    await cards(2)
    await press(page, 'Delete all for good')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('2 photos deleted for good').waitFor()
    await page.getByText('Nothing here').waitFor()
    const { storage } = (await (await ask(page, 'GET', '/api/account')).json()) as {
      storage: { usedBytes: number; deletedBytes: number }
    }
    assert.deepEqual([storage.usedBytes, storage.deletedBytes], [2 * FILE_BYTES, 0])
  })

  test('nothing was refused by the content policy and nothing was thrown', () => {
    assert.deepEqual(people.complaints, [])
  })
})
