/** What we read of what was generated: paths, names, settings; and what no data is ever made into. FUZZ_RUNS raises the runs. */
import { strict as assert } from 'node:assert'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { readSettings } from '../app/settings.ts'
import { contractOf } from '../contract/contract.ts'
import { task } from '../contract/task.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { displayName } from './file-name.ts'
import { openedPeople } from './identity-test-kit.ts'
import { returnPath } from './return-path.ts'
import { readCookie } from './session-cookie.ts'
import { flawOf } from './strict-requests.ts'

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60)

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
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
        const name = displayName(given)
        assert.ok(name.length > 0 && name.length <= 255 && name.isWellFormed())
        assert.doesNotMatch(name, /[/\\\p{Cc}]/u)
      }),
      { numRuns: RUNS * 10 },
    )
  })

  test('as settings is taken, or refused with every mistake and nothing else', () => {
    const names = [
      'PORT',
      'ORIGIN',
      'OIDC_ISSUER',
      'TRUSTED_PROXIES',
      'DATABASE_URL',
      'BLOB_URL',
      'PAYLOAD_KEYS',
      'DRAIN_MS',
      'LOG_LEVEL',
    ]
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.string({ unit: 'binary', maxLength: 60 })), (env) => {
        try {
          readSettings(env)
        } catch (thrown) {
          assert.ok(isMillraceError(thrown, 'MILLRACE_SETTINGS_INVALID'), String(thrown))
        }
      }),
      { numRuns: RUNS * 10 },
    )
  })

  test('V7: of 50 KB of hostile text takes no longer than reading it', () => {
    const size = 50_000
    const hostile = ['a', '/', '=', ';', ' ', '%', '-', '.', '\\', 'é', 'a.', '/a', '%2', ' ;', 'Bearer ', '"'].map(
      (part) => part.repeat(size / part.length),
    )
    for (const text of [...hostile, ...hostile.map((one) => `${one}!`)]) {
      returnPath(text, 'https://x')
      displayName(text)
      readCookie({ headers: { cookie: text } } as never, 'session')
      flawOf({ rawHeaders: ['host', text], headers: { host: text }, url: `/${text}` } as never)
      assert.throws(() => readSettings({ PAYLOAD_KEYS: text, TRUSTED_PROXIES: text, ORIGIN: text, DATABASE_URL: text }))
    }
  })
})

describe('names', () => {
  test('N1: of tasks and queues are plain, whatever is given', () => {
    const strange = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
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
    const sources = readdirSync(new URL('../', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/\.test\.ts$|test-kit|fixture|^testing/.test(file),
    )
    assert.ok(sources.length > 200)
    for (const file of sources) {
      const text = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
      assert.doesNotMatch(text, /(?<!\.)\beval\(|new Function\(|from 'node:vm'|v8\.deserialize/, file)
      assert.doesNotMatch(text, /query(?:<[^>]*>)?\(\s*`[^`]*(?:select|insert|update|delete)[^`]*\$\{/i, file)
    }
  })

  test('Q6: that collide make nothing slow: maps are bounded, and keyed by what we made', async () => {
    await using t = await openedPeople()
    const cookie = Array.from({ length: 400 }, (_, n) => `c${n % 7}=${n}`).join('; ')
    for (let n = 0; n < 20; n += 1) assert.equal((await t.browser().send('/open', { headers: { cookie } })).status, 200)
  })
})
