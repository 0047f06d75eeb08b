import { strict as assert } from 'node:assert'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../testing/until.ts'

const PROGRAM = fileURLToPath(new URL('fixture/inspected.ts', import.meta.url))

interface Inspected extends AsyncDisposable {
  readonly child: ChildProcess
  /** The first that it said. */
  readonly said: unknown
  /** Where a debugger can be attached, or `shut`. */
  where(): Promise<string>
}

async function inspected(environment: string, options: readonly string[] = []): Promise<Inspected> {
  const child = fork(PROGRAM, [environment], {
    execArgv: [...process.execArgv, ...options],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const [said] = await once(child, 'message')
  return {
    child,
    said,
    async where() {
      child.send('where')
      return String((await once(child, 'message'))[0])
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe('a debugger', () => {
  test('K5: is opened by SIGUSR1 in development, and not in production', async () => {
    await using developed = await inspected('development')
    developed.child.kill('SIGUSR1')
    await until('one can be attached', async () => (await developed.where()).startsWith('ws://'))
    for (const environment of ['production', 'staging']) {
      await using served = await inspected(environment)
      served.child.kill('SIGUSR1')
      for (let n = 0; n < 20; n += 1) assert.equal(await served.where(), 'shut')
    }
  })

  test('K5: that is asked for on the command line keeps a production process from starting', async () => {
    await using served = await inspected('production', ['--inspect=127.0.0.1:0'])
    assert.equal(served.said, 'MILLRACE_APP_INSPECTOR_OPEN')
    await using developed = await inspected('development', ['--inspect=127.0.0.1:0'])
    assert.equal(developed.said, 'runs')
  })
})
