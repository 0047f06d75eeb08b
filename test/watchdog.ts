/**
 * Loaded into every test process (`--import`, scripts/test.ts): a file whose tests are done but which does not end has
 * left something open, a server, a timer or a child. That is a failure with a list, not a run that hangs.
 */
import { isMainThread } from 'node:worker_threads'

/** How long a test process may take to end after its last test, in milliseconds. */
const LINGER_MS_MAX = 10_000

// In the test files' own processes only: the runner, and what tests fork or run in threads, inherit the `--import`.
if (isMainThread && process.env['NODE_TEST_CONTEXT'] === 'child-v8' && process.argv[1]?.endsWith('.test.ts')) {
  const { after } = await import('node:test')
  after(() => {
    const overdue = setTimeout(() => {
      const left = process.getActiveResourcesInfo().join(', ')
      process.stderr.write(`${process.argv[1]} left open: ${left}. Close it in an after() hook.\n`)
      process.exit(1)
    }, LINGER_MS_MAX)
    overdue.unref() // a process that ends by itself does not wait for it
  })
}
