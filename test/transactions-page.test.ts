/** The examples of docs/transactions.md are what the tests run: each is compared with the lines between the marks of its file. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'

const root = dirname(import.meta.dirname)
const page = readFileSync(join(root, 'docs', 'transactions.md'), 'utf8')
const installed = (name: string): string =>
  JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version

/** Examples by the file that runs them. */
const examples = new Map(
  [...page.matchAll(/<!-- example: (\S+) -->\n```ts\n(.*?)```/gs)].map((found) => [found[1] ?? '', found[2] ?? '']),
)

/** The lines between `// example` and `// end of example`, without their indentation. */
function exampleOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8')
  const [, indent = '', lines = ''] = /^( *)\/\/ example\n(.*?)^ *\/\/ end of example$/ms.exec(text) ?? []
  return lines.replace(new RegExp(`^${indent}`, 'gm'), '')
}

describe('the page on transactions', () => {
  for (const path of globSync('src/queue/foreign/*.test.ts', { cwd: root })) {
    test(`shows what ${path} runs`, () => {
      assert.equal(examples.get(path), exampleOf(path), `correct the page, or the example in ${path}`)
    })
  }

  test('names the versions that are tested', () => {
    const said = [...page.matchAll(/^\| \[`?([\w ]+?)`?\]\(#\S+\) \| (\d\S*?),? /gm)].map(([, name, version]) => [
      name,
      version,
    ])
    assert.deepEqual(said, [
      ['pg', installed('pg')],
      ['Drizzle', installed('drizzle-orm')],
      ['Kysely', installed('kysely')],
      ['Prisma', installed('@prisma/client')],
      ['Knex', installed('knex')],
      ['TypeORM', installed('typeorm')],
      ['MikroORM', installed('@mikro-orm/postgresql')],
      ['postgres', installed('postgres')],
    ])
  })
})
