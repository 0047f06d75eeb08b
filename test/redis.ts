/** A Redis of a test's own, in memory, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { freePort, until } from 'millrace/testing'
import { need } from './need.ts'

export const redis = need('redis')

export interface TestRedis extends AsyncDisposable {
  readonly url: string
  /** Stops it where it stands: it holds connections, and answers nobody. */
  freeze(): void
  goOn(): void
}

export async function startRedis(): Promise<TestRedis> {
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/']
  const child = spawn(redis.path, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  await isReady(child)
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void child.kill('SIGSTOP'),
    goOn: () => void child.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function isReady(child: ChildProcess): Promise<void> {
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until('Redis takes connections', async () => said.includes('eady to accept connections'))
}
