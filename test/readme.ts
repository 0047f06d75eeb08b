/** The examples of the README and of docs/testing.md, as files: what stands behind `<!-- example: path -->` in a code block. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)

/** Every example by its path. */
export function readmeExamples(): ReadonlyMap<string, string> {
  return examplesIn(join(root, 'README.md'))
}

/** They go with the README's. */
export function testingExamples(): ReadonlyMap<string, string> {
  return examplesIn(join(root, 'docs', 'testing.md'))
}

/** What a page shows in several pieces is one file. */
function examplesIn(page: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const [, path = '', text = ''] of readFileSync(page, 'utf8').matchAll(EXAMPLE)) {
    const before = files.get(path)
    files.set(path, before === undefined ? text : `${before}\n${text}`)
  }
  return files
}

const EXAMPLE = /<!-- example: (\S+) -->\n```ts\n(.*?)```/gs
