/**
 * `npm test`: all tests, or the files named.
 *
 *   npm test
 *   npm test -- src/queue/claim.test.ts
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const FILES = ['src/**/*.test.ts', 'test/**/*.test.ts', 'examples/**/*.test.ts']
/** Many tests start programs of their own, and wait for them: one file more than cores; more only makes all of them late. */
const FILES_AT_ONCE_MAX = 4
/** Any one test; a test that needs longer says so itself (`{ timeout }`). */
const TEST_MS_MAX = 120_000
/** The whole run. The runner then tells which files it was waiting for. */
const RUN_MS_MAX = 30 * 60_000

const named = process.argv.slice(2)
const runner = spawn(
  process.execPath,
  [
    '--test',
    '--conditions=millrace-source',
    `--import=${import.meta.resolve('../test/watchdog.ts')}`,
    `--test-global-setup=${fileURLToPath(import.meta.resolve('../test/global-setup.ts'))}`,
    '--test-reporter=spec',
    `--test-concurrency=${Math.min(availableParallelism() + 1, FILES_AT_ONCE_MAX)}`,
    `--test-timeout=${TEST_MS_MAX}`,
    ...(named.length > 0 ? named : FILES),
  ],
  { stdio: 'inherit' },
)

const deadline = setTimeout(() => {
  console.error(`millrace: the tests took more than ${RUN_MS_MAX / 60_000} minutes and are stopped.`)
  runner.kill('SIGTERM')
}, RUN_MS_MAX)

process.on('SIGINT', () => {}) // the terminal tells the runner too, and its last lines are worth reading
process.on('SIGTERM', () => runner.kill('SIGTERM'))
runner.on('exit', (code) => {
  clearTimeout(deadline)
  process.exitCode = code ?? 1
})
