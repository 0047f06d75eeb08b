/** docs/security.md against the tests that it names. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
const rows = page.split('\n').flatMap((line) => {
  const [, tag, , how] = /^\| ([A-Z]\d+) \| (.+?) \| (.+) \|$/.exec(line) ?? []
  return tag === undefined || how === undefined ? [] : [{ tag, how }]
})

/** How many inputs each letter has. */
const COUNTS: Readonly<Record<string, number>> = {
  ...{ H: 20, V: 10, U: 9, C: 14, O: 16, Z: 11, D: 8, K: 8 },
  ...{ R: 7, L: 9, P: 7, Q: 11, G: 6, X: 5, N: 7 },
}

describe('the page on security', () => {
  test('lists every bad input, once', () => {
    const wanted = Object.entries(COUNTS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, n) => `${letter}${n + 1}`),
    )
    assert.equal(wanted.length, 148)
    assert.deepEqual(rows.map(({ tag }) => tag).toSorted(), wanted.toSorted())
  })

  for (const { tag, how } of rows)
    test(`${tag}: names a test that is there, or says why there is none`, () => {
      const [, path, words] = /^`([^`]+)`: (.+)$/.exec(how) ?? []
      if (path === undefined || words === undefined) {
        assert.match(how, /^(open|not applicable): .{10}/)
        return
      }
      // a test says which input it shows; package.json is held to no words
      if (path.endsWith('.ts')) assert.match(words, new RegExp(`\\b${tag}\\b`))
      assert.ok(existsSync(join(root, path)), path)
      assert.ok(readFileSync(join(root, path), 'utf8').includes(words), `${path} has ${words}`)
    })
})
