/**
 * `npm test`: all tests, or the files named.
 *
 *   npm test
 *   npm test -- src/queue/claim.test.ts
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(import.meta.dirname)
const FILES = ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts']
/** A browser has processes enough for all cores: two of them make each other late. */
const BROWSERS = 'test/browser'
/** Many tests start programs of their own, and wait for them: one file more than cores; more only makes all of them late. */
const FILES_AT_ONCE = Math.min(availableParallelism() + 1, 4)
/** Any one test; a test that needs longer says so itself (`{ timeout }`). */
const TEST_MS_MAX = 120_000
/** The whole run. The runner then tells which files it was waiting for. */
const RUN_MS_MAX = 30 * 60_000

interface Round {
  readonly files: readonly string[]
  readonly atOnce: number
}

const named = process.argv.slice(2)
const rounds = named.length > 0 ? [{ files: named, atOnce: FILES_AT_ONCE }] : roundsOfAll()

let isStopped = false
let running: ChildProcess | undefined
const stop = (): void => {
  isStopped = true
  running?.kill('SIGTERM')
}
const deadline = setTimeout(() => {
  console.error(`millrace: the tests took more than ${RUN_MS_MAX / 60_000} minutes and are stopped.`)
  stop()
}, RUN_MS_MAX)
process.on('SIGINT', () => {}) // the terminal tells the runner too, and its last lines are worth reading
process.on('SIGTERM', stop)

for (const round of rounds) if (isStopped || (await run(round)) !== 0) process.exitCode = 1
clearTimeout(deadline)

/** What needs a browser comes after the others, one file at a time. */
function roundsOfAll(): readonly Round[] {
  const all = globSync(FILES, { cwd: root, exclude: ['**/node_modules/**'] })
  const isBrowser = (path: string): boolean => path.startsWith(BROWSERS)
  return [
    { files: all.filter((path) => !isBrowser(path)), atOnce: FILES_AT_ONCE },
    { files: all.filter(isBrowser), atOnce: 1 },
  ]
}

async function run({ files, atOnce }: Round): Promise<number> {
  running = spawn(
    process.execPath,
    [
      '--test',
      '--conditions=millrace-source',
      `--import=${import.meta.resolve('../test/watchdog.ts')}`,
      `--test-global-setup=${fileURLToPath(import.meta.resolve('../test/global-setup.ts'))}`,
      '--test-reporter=spec',
      `--test-concurrency=${atOnce}`,
      `--test-timeout=${TEST_MS_MAX}`,
      ...files,
    ],
    { stdio: 'inherit' },
  )
  const [code] = (await once(running, 'exit')) as [number | null]
  return code ?? 1
}
