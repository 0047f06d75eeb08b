/** The Redis of a run: Debian's server on a free port, without persistence, as fast as it can be. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { freePort } from 'millrace/testing'
import { endProcess, outputOf } from '../contestants/process.ts'

export interface RedisServer extends AsyncDisposable {
  readonly url: string
  readonly version: string
  /** Forgets everything. */
  flush(): Promise<void>
}

const START_MS_MAX = 10_000
const ANSWER_MS_MAX = 5_000
const LOOK_MS = 20

/** What to do when there is none. */
export const REDIS_MISSING =
  'redis-server is not installed, so BullMQ cannot take part: install it (Debian: apt-get install redis-server)'

/** Starts a server; undefined when the program is not installed. */
export async function startRedis(): Promise<RedisServer | undefined> {
  const port = await freePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', '/']
  const child = spawn('redis-server', settings, {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is the benchmark's: it ends the server when nobody needs it any more
  })
  const output = outputOf(child)
  const failed = once(child, 'error').then(([error]) => error as NodeJS.ErrnoException)
  failed.catch(() => {})
  const spawned = await Promise.race([once(child, 'spawn').then(() => undefined), failed])
  if (spawned?.code === 'ENOENT') return undefined
  if (spawned !== undefined) throw spawned
  const killed = (): void => void child.kill('SIGKILL')
  process.once('exit', killed)

  const ask = (command: string): Promise<string> => askRedis(port, command)
  const dispose = async (): Promise<void> => {
    await endProcess(child)
    process.off('exit', killed)
  }
  const deadline = performance.now() + START_MS_MAX
  while ((await ask('PING').catch(() => '')) !== '+PONG') {
    if (performance.now() > deadline || child.exitCode !== null) {
      await dispose()
      throw new Error(`redis-server did not start:\n${output()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  const version = /redis_version:(\S+)/.exec(await ask('INFO server'))?.[1] ?? 'unknown'
  return {
    url: `redis://127.0.0.1:${port}`,
    version,
    async flush() {
      await ask('FLUSHALL SYNC')
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** One command in Redis's plain-text form, one answer. */
function askRedis(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`${command}\r\nQUIT\r\n`))
    let text = ''
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error(`redis-server did not answer ${command}`)))
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text.replace(/\+OK\r\n$/, '').trimEnd()))
  })
}
