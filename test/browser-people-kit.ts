/// <reference lib="dom" />
/** Ada and Grace at Darkroom, each at a browser of her own, and what they do again and again. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { APIResponse, Page } from 'playwright-core'
import { picture } from '../examples/darkroom/test/client.ts'
import { type StartedApp, startApp } from '../src/testing/started-app.ts'
import { launchBrowser, openPage } from './browser-kit.ts'

const APP = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))
const PICTURES = 4

export interface People extends AsyncDisposable {
  readonly app: StartedApp
  readonly ada: Page
  readonly grace: Page
  /** A page of a browser that nobody has logged in with. */
  newcomer(): Promise<Page>
  /** Chooses files to upload: `picture-1.jpg` to `picture-4.jpg`, and what was saved besides. */
  choose(page: Page, ...names: readonly string[]): Promise<void>
  save(name: string, bytes: Uint8Array): Promise<void>
  /** What the browsers refused or threw. */
  readonly complaints: readonly string[]
}

export interface PeopleOptions {
  /** Of the storage. */
  readonly quotaBytes?: number
  /** Of the four pictures, the storage has room for so many. */
  readonly picturesMax?: number
}

/** Nobody is logged in yet, and nothing is stored. */
export async function openPeople(chromium: string, { quotaBytes, picturesMax }: PeopleOptions = {}): Promise<People> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-people-'))
  const save = (name: string, bytes: Uint8Array) => writeFile(join(folder, name), bytes)
  let roomBytes = 1_000
  for (let n = 1; n <= PICTURES; n += 1) {
    const { name, bytes } = await picture(n, 420, n === 2 ? 560 : 280)
    await save(name, bytes)
    if (picturesMax !== undefined && n <= picturesMax) roomBytes += bytes.length
  }
  const quota = quotaBytes ?? (picturesMax === undefined ? undefined : roomBytes)
  const app = await startApp(APP, { env: quota === undefined ? {} : { DARKROOM_QUOTA_BYTES: String(quota) } })
  const browser = await launchBrowser(chromium)
  const complaints: string[] = []
  const newcomer = () => openPage(browser, complaints)
  return {
    ...{ app, complaints, save, newcomer, ada: await newcomer(), grace: await newcomer() },
    async choose(page, ...names) {
      const chooser = page.waitForEvent('filechooser')
      await page.click('.header-upload')
      await (await chooser).setFiles(names.map((name) => join(folder, name)))
    },
    async [Symbol.asyncDispose]() {
      await browser.close()
      await app[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** So many finished pictures hang on the wall, and are to be seen. */
export const pictures = (page: Page, count: number) =>
  page.waitForFunction((wanted) => {
    const shown = [...document.querySelectorAll<HTMLImageElement>('.tile-link .picture-image')]
    return shown.length === wanted && shown.every((image) => image.complete && image.naturalWidth > 0)
  }, count)

/** So many pictures that were uploaded on this page have become photos. */
export const developed = (page: Page, count: number) =>
  page.waitForFunction((wanted) => document.querySelectorAll('.print[data-stage="ready"]').length === wanted, count)

export const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).click()

/** Asks the API as whoever is logged in at the page. */
export function ask(page: Page, method: string, path: string, data?: unknown): Promise<APIResponse> {
  const { origin } = new URL(page.url())
  return page.request.fetch(`${origin}${path}`, { method, data, headers: { origin } })
}

/** The next request to such an address is held back, until what is returned is called. */
export async function holdNext(page: Page, address: string): Promise<() => void> {
  const held = Promise.withResolvers<void>()
  const pass = async (route: { continue(): Promise<void> }) => {
    await held.promise
    await route.continue()
  }
  await page.route(address, pass, { times: 1 })
  return held.resolve
}
