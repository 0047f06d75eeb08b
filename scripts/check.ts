/**
 * `npm run check`: everything that CI does but the gate of the benchmarks, the quick parts first. Goes on after a failure, to
 * tell all of them in one run.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Check {
  readonly name: string
  /** Arguments for Node. */
  readonly args: readonly string[]
  readonly remedy: string
}

const PAGES = 'examples/darkroom/pages/tsconfig.json'
const TSC = 'node_modules/typescript/bin/tsc'

/** The checks that read the code without running it. They are tests as well (test/code.test.ts). */
export const STATIC_CHECKS: readonly Check[] = [
  {
    name: 'format and lint',
    args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
    remedy: 'Run `npm run format`; what remains needs a hand.',
  },
  { name: 'types', args: [TSC, '-p', '.'], remedy: 'Correct what tsc names above.' },
  ...(existsSync(PAGES)
    ? [{ name: 'types of the pages', args: [TSC, '-p', PAGES], remedy: 'Correct what tsc names above.' }]
    : []),
]

const CHECKS: readonly Check[] = [
  ...STATIC_CHECKS,
  { name: 'build', args: ['scripts/build.ts'], remedy: 'Correct what tsc names above.' },
  {
    name: 'tests',
    args: ['scripts/test.ts'],
    remedy: 'See the failing tests above; `npm test -- <file>` runs one file.',
  },
]

function main(): void {
  const failed = CHECKS.filter((check) => {
    console.log(`\n— ${check.name}`)
    return spawnSync(process.execPath, check.args, { stdio: 'inherit' }).status !== 0
  })
  console.log(failed.length === 0 ? '\nAll checks pass.' : '\nThese checks fail:')
  for (const { name, remedy } of failed) console.log(`  ${name}: ${remedy}`)
  process.exitCode = failed.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
