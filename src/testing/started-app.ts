/** An application under `millrace start`, as a user runs it: real processes, told of real signals. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../kernel/free-port.ts'
import { serverRoot } from './server-folder.ts'
import { until } from './until.ts'

export interface StartedApp extends AsyncDisposable {
  readonly url: string
  readonly home: string
  /** The supervisor. */
  readonly child: ChildProcess
  /** Everything that was printed. */
  output(): string
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>
  /** The ids of the processes that run for this home, by role; `start` is whatever command was given. */
  processes(): Promise<Readonly<Record<'start' | 'web' | 'worker' | 'postgres', readonly number[]>>>
}

export interface StartOptions {
  readonly home?: string
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
  readonly command?: 'start' | 'dev' | 'web'
}

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url))

/** Starts an application without waiting for it. Its processes and, unless it was given, its home go away with it. */
export async function launchApp(appPath: string, options: StartOptions = {}): Promise<StartedApp> {
  // in memory where there is room: making a server is making a thousand files, which nothing here is to survive
  const home = options.home ?? (await mkdtemp(join(serverRoot(), 'millrace-app-')))
  const port = options.port ?? (await freePort())
  const { NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--conditions=millrace-source', CLI, options.command ?? 'start', appPath],
    {
      env: { ...inherited, MILLRACE_HOME: home, PORT: String(port), MILLRACE_ENV: 'test', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own, to be signalled as a terminal would
    },
  )
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const processes = () => processesOf(home, appPath, options.command ?? 'start')
  return {
    url: `http://127.0.0.1:${port}`,
    home,
    child,
    output: () => text,
    exited,
    processes,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
      for (const pid of Object.values(await processes()).flat()) killQuietly(pid)
      if (options.home === undefined) await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Starts an application and waits until it is ready. */
export async function startApp(appPath: string, options: StartOptions = {}): Promise<StartedApp> {
  const app = await launchApp(appPath, options)
  try {
    await until(
      'the application is ready',
      async () => {
        if (app.child.exitCode !== null) throw new Error(`it ended with ${app.child.exitCode}:\n${app.output()}`)
        return isReady(app.url)
      },
      60_000,
    )
    return app
  } catch (error) {
    await app[Symbol.asyncDispose]()
    throw new Error(`${String(error)}\n${app.output()}`, { cause: error })
  }
}

export async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok === true
}

export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it had ended
  }
}

/** Reads what runs from /proc: processes whose command line or environment names this home. */
async function processesOf(home: string, appPath: string, supervising: string): ReturnType<StartedApp['processes']> {
  const found = { start: [] as number[], web: [] as number[], worker: [] as number[], postgres: [] as number[] }
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const [command = '', environment = ''] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${entry}/${file}`, 'utf8').catch(() => '')),
    )
    const words = command.split('\0')
    if (words[0]?.endsWith('/postgres') && command.includes(home)) found.postgres.push(Number(entry))
    if (!words.includes(appPath) || !environment.split('\0').includes(`MILLRACE_HOME=${home}`)) continue
    const role = words[words.indexOf(appPath) - 1]
    if (role === supervising) found.start.push(Number(entry))
    else if (role === 'web' || role === 'worker') found[role].push(Number(entry))
  }
  return found
}
