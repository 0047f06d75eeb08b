/** The examples of the README, as files: what stands behind `<!-- example: path -->` in a code block. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const README = join(dirname(import.meta.dirname), 'README.md')

/** Every example by its path. */
export function readmeExamples(): ReadonlyMap<string, string> {
  const text = readFileSync(README, 'utf8')
  const found = text.matchAll(/<!-- example: (\S+) -->\n```ts\n(.*?)```/gs)
  return new Map([...found].map((match) => [match[1] ?? '', match[2] ?? '']))
}
