/** What we read of what was generated: paths, names, settings; and what no data is ever made into. FUZZ_RUNS raises the runs. */
import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { readSettings, SETTINGS } from '../app/settings.ts'
import { contractOf } from '../contract/contract.ts'
import { task } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { isUnchanged } from './conditional.ts'
import { displayName } from './file-name.ts'
import { returnPath } from './return-path.ts'
import { readCookie } from './session-cookie.ts'
import { flawOf } from './strict-requests.ts'
import { testWeb } from './web-kit.test.ts'

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60)

/** Any characters, halves of them included. */
const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.uint16Array({ maxLength }).map((units) => String.fromCharCode(...units))

describe('what is read', () => {
  test('O10: as a way back never leads to another origin', () => {
    const origin = 'https://photos.example'
    const part = fc.oneof(
      fc.constantFrom(
        '/',
        '\\',
        '//',
        'https:',
        'evil.example',
        '@',
        ':',
        '\t',
        '\n',
        '%2f',
        '..',
        '?',
        '#',
        'javascript:',
      ),
      fc.string({ maxLength: 5 }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const path = returnPath(parts.join(''), origin)
        assert.equal(new URL(path, origin).origin, origin)
        assert.match(path, /^\/(?![/\\])/)
      }),
      { numRuns: RUNS * 20 },
    )
  })

  test('as the name of a file has no path in it and no controls', () => {
    fc.assert(
      fc.property(anyText(400), (given) => {
        const name = displayName(given)
        assert.ok(name.length > 0 && name.length <= 255 && name.isWellFormed())
        assert.doesNotMatch(name, /[/\\\p{Cc}]/u)
      }),
      { numRuns: RUNS * 10 },
    )
  })

  test('as settings is taken, or refused with every mistake and nothing else', () => {
    const names = Object.keys(SETTINGS)
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), anyText(60)), (env) => {
        try {
          readSettings(env)
        } catch (thrown) {
          assert.ok(isMillraceError(thrown, 'MILLRACE_SETTINGS_INVALID'), String(thrown))
        }
      }),
      { numRuns: RUNS * 10 },
    )
  })

  test('V7: of 50 KB of hostile text takes twice as long for twice the text, not four times', () => {
    const readers: readonly ((text: string) => unknown)[] = [
      (text) => returnPath(text, 'https://x'),
      (text) => displayName(text),
      (text) => readCookie({ headers: { cookie: text } } as never, 'session'),
      (text) =>
        flawOf({ rawHeaders: ['host', text], headers: { host: text }, url: `/${text}`, httpVersion: '1.1' } as never),
      (text) => isUnchanged({ headers: { 'if-none-match': text } } as never, '"x"'),
      (text) =>
        assert.throws(() => readSettings(Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, text])))),
    ]
    for (const read of readers) assertLinear(read, String(read))
  })

  test('V7: as a pattern of ours says takes no longer than in proportion to what is read', () => {
    const patterns = patternsOf(new URL('../', import.meta.url))
    assert.ok(patterns.size > 60, `${patterns.size} patterns`)
    for (const pattern of patterns.values()) assertLinear((text) => text.replace(pattern, ''), String(pattern))
  })
})

const PARTS = [
  'a',
  '/',
  '=',
  ';',
  ' ',
  '%',
  '-',
  '.',
  '\\',
  'é',
  'a.',
  '/a',
  '%2',
  ' ;',
  'Bearer ',
  '"',
  '0',
  ',',
  'a:',
  '\t',
]
/** Texts of so many characters, half of them spoilt at their end, where a pattern that goes back begins to. */
const hostile = (size: number): readonly string[] =>
  PARTS.map((part) => part.repeat(size / part.length)).flatMap((text) => [text, `${text}\n!`])
const [HALVES, WHOLES] = [hostile(25_000), hostile(50_000)]

/**
 * That reading twice the text takes about twice as long: a pattern that goes back again and again takes four times, at least.
 * What is done sooner than a text of this length is walked through twenty times is quick enough.
 */
function assertLinear(read: (text: string) => unknown, what: string): void {
  // others run beside us: only what is too slow every time is
  for (const [n, text] of WHOLES.entries())
    for (let tries = 1; ; tries += 1) {
      const wholeMs = msOf(() => read(text))
      if (wholeMs <= WALKS_MS || wholeMs <= 3 * msOf(() => read(HALVES[n] ?? ''))) break
      assert.ok(tries < 6, `${what}: ${wholeMs} ms for twice ${JSON.stringify(text.slice(0, 20))}…`)
    }
}

/** Of this thread alone, whoever else is busy on the machine. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

function msOf(run: () => unknown): number {
  const began = cpuMs()
  run()
  return cpuMs() - began
}

/** Of twenty walks through 50 KB, letter by letter: the clock of threads counts in steps of 4 ms. */
const WALKS_MS = msOf(() => {
  for (let n = 0; n < 20; n += 1) [...'é'.repeat(50_000)].map((char) => char.codePointAt(0)).join()
})

/** A regular expression in a line of source: after what no division follows. Of those in comments, it does no harm. */
const LITERAL =
  /(?:^|[(,=:[!&|?{};>]|return)\s*\/((?:[^\\/[*]|\\.|\[(?:[^\]\\]|\\.)*\])(?:[^\\/[]|\\.|\[(?:[^\]\\]|\\.)*\])*)\/([dgimsuvy]*)(?=[\s,;.)\]}:?]|$)/g

/** Every pattern that stands in what we ship, by its text. */
function patternsOf(folder: URL): ReadonlyMap<string, RegExp> {
  const found = new Map<string, RegExp>()
  for (const file of sourcesIn(folder))
    for (const line of readFileSync(new URL(file, folder), 'utf8').split('\n'))
      for (const [, body = '', flags = ''] of line.matchAll(LITERAL))
        found.set(`/${body}/${flags}`, new RegExp(body, flags))
  return found
}

function sourcesIn(folder: URL): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.test\.ts$|test-kit|fixture|^testing/.test(file),
  )
}

describe('names', () => {
  test('N1: of tasks and queues are plain, whatever is given', () => {
    const strange = fc.oneof(
      anyText(30),
      fc.constantFrom(
        "a'b",
        'a"b',
        'a;b',
        'a\0b',
        'a\\b',
        'а',
        'a b',
        '',
        'A',
        'a'.repeat(200),
        "'; drop table millrace.entry; --",
      ),
    )
    fc.assert(
      fc.property(strange, (name) => {
        try {
          assert.match(task(name, { input: z.object({}) }).name, /^[\w.:-]+$/)
        } catch (thrown) {
          assert.ok(isMillraceError(thrown, 'MILLRACE_CONTRACT_NAME_INVALID'), String(thrown))
        }
      }),
      { numRuns: RUNS * 10 },
    )
  })

  test('X3: of parts of every object are no tasks of an application', () => {
    const { tasks } = contractOf({ tasks: [task('a', { input: z.object({}) })] })
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty'])
      assert.equal(tasks.get(name), undefined)
  })

  test('X4, N7: no code is made of data, and no statement of what was sent', () => {
    const sources = sourcesIn(new URL('../', import.meta.url))
    assert.ok(sources.length > 200)
    for (const file of sources) {
      const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
      assert.doesNotMatch(text, /(?<!\.)\beval\(|new Function\(|from 'node:vm'|v8\.deserialize/, file)
      assert.doesNotMatch(text, /query(?:<[^>]*>)?\(\s*`[^`]*(?:select|insert|update|delete)[^`]*\$\{/i, file)
    }
  })

  // of headers, cookies and parameters there are too few: 100 lines, 16 KB
  test('Q6: that collide make nothing slower than other names, and twice as many take twice as long', async () => {
    await using t = await testWeb((web) => {
      web.post('/names', { schema: { body: z.record(z.string(), z.number()) } }, async () => ({}))
    })
    // an engine that takes numbers for their own hashes puts all of these into one place (CVE-2026-21717)
    const colliding = (count: number) => Array.from({ length: count }, (_, n) => String(n * 2 ** 14 + 5))
    const ordinary = (count: number) => Array.from({ length: count }, (_, n) => String(n * 16_411 + (n % 7)))
    const bodyOf = (names: readonly string[]) => `{${names.map((name) => `"${name}":0`).join()}}`
    const postMs = async (names: readonly string[]): Promise<number> => {
      const body = bodyOf(names)
      const began = cpuMs()
      assert.equal((await t.post('/names', body)).status, 200)
      return cpuMs() - began
    }
    await postMs(ordinary(10_000)) // warm
    let [half, whole, other] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let tries = 0; tries < 5; tries += 1) {
      half = Math.min(half, await postMs(colliding(5_000)))
      whole = Math.min(whole, await postMs(colliding(10_000)))
      other = Math.min(other, await postMs(ordinary(10_000)))
    }
    assert.ok(whole < 3 * half, `${half} ms for 5,000 names, ${whole} ms for 10,000`)
    assert.ok(whole < 3 * other, `${other} ms for other names, ${whole} ms for those that collide`)
  })
})
