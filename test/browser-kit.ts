/// <reference lib="dom" />
/** What the tests in a browser share: the browser, a login as a person does it, and what is looked for on every page. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'

export const WAIT_MS = 60_000

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const launchBrowser = (path: string): Promise<Browser> => chromium.launch({ executablePath: path, args: FLAGS })

/** A page of its own browser profile, so to speak: no cookie of another. What it refuses or throws goes to `complaints`. */
export async function openPage(browser: Browser, complaints: string[]): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS)
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // the provider's own library has a script in its page for who has logged out there already; it is held back
    if (new URL(page.url()).pathname.startsWith('/identity/local/')) return
    if (message.type() === 'error' && /Content Security Policy|Refused/.test(message.text()))
      complaints.push(message.text())
  })
  await page.addInitScript(() => {
    const shifts = { total: 0 }
    Object.assign(globalThis, { shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) shifts.total += entry.value
    }).observe({ type: 'layout-shift' as 'mark', buffered: true })
  })
  return page
}

/** By how much what is shown has shifted since the page was loaded. */
export const shiftOf = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as { shifts: { total: number } }).shifts.total)

/** From the start page through the provider's page, by the button with this name on it. */
export async function logIn(page: Page, name: string): Promise<void> {
  await page.getByRole('link', { name: 'Log in' }).click()
  await page.getByRole('button', { name }).click()
  await page.getByRole('link', { name: `Account of ${name}` }).waitFor()
}

let axeSource: Promise<string> | undefined

/** @throws AssertionError naming each rule of axe that the page, as it stands, breaks, and where. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  axeSource ??= readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8')
  await page.evaluate(await axeSource)
  const broken = await page.evaluate(async () => {
    interface Axe {
      run(): Promise<{ violations: { id: string; help: string; nodes: { html: string }[] }[] }>
    }
    const { violations } = await (globalThis as unknown as { axe: Axe }).axe.run()
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`)
  })
  assert.deepEqual(broken, [], what)
}

/** Wide as on a desk and narrow as a phone, by day and by night. */
const ALL_LOOKS = [
  { width: 1_280, height: 800, colorScheme: 'light' },
  { width: 1_280, height: 800, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
  { width: 390, height: 844, colorScheme: 'dark' },
] as const
/** Each width and each colour once; THOROUGH=1: each with each. */
const LOOKS = process.env['THOROUGH'] === '1' ? ALL_LOOKS : ALL_LOOKS.filter((_, n) => n % 3 === 0)

/** The same in every look; the page is left as wide as `openPage` has it, and in light colours. */
export async function assertAccessibleInAllLooks(page: Page, what: string): Promise<void> {
  for (const { width, height, colorScheme } of LOOKS) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // half-way from one look to the other, colours are of neither
    await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'))
    await assertAccessible(page, `${what}, ${width} pixels wide, ${colorScheme}`)
    const overhang = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    assert.ok(overhang <= 0, `${what} is wider by ${overhang} than ${width} pixels`)
  }
  await page.setViewportSize(LOOKS[0])
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null })
}
