/**
 * Pages whose every example is run by a test: `<!-- example: path name -->` before a block names the lines between
 * `// example: name` and `// end of example` of that file, without their indentation.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'

const root = dirname(import.meta.dirname)
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The examples of a file by their name. */
function examplesOf(path: string): ReadonlyMap<string, string> {
  const found = read(path).matchAll(/^( *)\/\/ example: (\S+)\n(.*?)^ *\/\/ end of example$/gms)
  return new Map(
    [...found].map(([, indent = '', name = '', lines = '']) => [
      name,
      lines.replace(new RegExp(`^${indent}`, 'gm'), ''),
    ]),
  )
}

const PAGES = [
  'dead-letters',
  'delays-and-schedules',
  'handlers',
  'history',
  'identity',
  'limits',
  'operating-queues',
  'payload-versions',
  'queues',
  'retries',
  'unique-jobs',
]

for (const page of PAGES) {
  const path = `test/pages/${page}.test.ts`
  const text = read(`docs/${page}.md`)
  const shown = [...text.matchAll(/<!-- example: (\S+) (\S+) -->\n```ts\n(.*?)```/gs)]

  describe(`docs/${page}.md`, () => {
    const examples = examplesOf(path)

    test('names the example of every block of code', () => {
      assert.equal(shown.length, text.split('```ts').length - 1)
    })

    for (const [, file, name = '', code] of shown) {
      test(`shows "${name}" as it is run`, () => {
        assert.equal(file, path)
        assert.equal(code, examples.get(name), `correct the page, or the example in ${path}`)
      })
    }

    test('shows every example that is run', () => {
      const names = shown.map((match) => match[2])
      assert.deepEqual(names.toSorted(), [...examples.keys()].toSorted())
    })
  })
}
