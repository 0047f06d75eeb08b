/**
 * CI's guard: reads what a test run printed and fails unless the runner's closing lines say that tests ran and that none
 * was skipped or left for later. Plain JavaScript that Node 20 can run.
 *
 *   node scripts/no-skips.mjs <file with the output>
 */
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const output = stripVTControlCharacters(readFileSync(process.argv[2], 'utf8'))

/** What the closing lines of the runner say, such as "ℹ skipped 0", in all: `npm test` runs it twice. */
function closing(word) {
  const lines = [...output.matchAll(new RegExp(`^(?:ℹ|#) ${word} (\\d+)$`, 'gm'))]
  return lines.length === 0 ? undefined : lines.reduce((sum, [, count]) => sum + Number(count), 0)
}

const [tests, skipped, todo] = ['tests', 'skipped', 'todo'].map(closing)
const complaint =
  tests === undefined || tests === 0
    ? 'the output has no closing lines of the test runner, so nobody knows what ran'
    : skipped !== 0 || todo !== 0
      ? `${skipped} skipped and ${todo} unfinished tests: install what they need (see the reason behind each ﹣), or repair them`
      : undefined

if (complaint !== undefined) {
  console.error(`ci: ${complaint}`)
  process.exit(1)
}
console.log(`ci: ${tests} tests, none skipped`)
