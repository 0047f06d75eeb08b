/** The command line, as an operator types it, beside a database with the queues of src/cli/fixture/app.ts. */
import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { countClick, importRow, renderPhoto, sendMail } from './fixture/app.ts'

const CLI = fileURLToPath(new URL('main.ts', import.meta.url))
export const APP = fileURLToPath(new URL('fixture/app.ts', import.meta.url))

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Desk extends TestQueue {
  /** Runs `millrace …` and waits for its end. */
  type(...args: readonly string[]): Promise<Ran>
  /** The same, with --json; it must succeed, unless another exit code is expected. */
  typeJson<T>(args: readonly string[], status?: number): Promise<T>
}

export async function openDesk(): Promise<Desk> {
  const q = await testQueue([countClick, sendMail, renderPhoto, importRow])
  const type = (...args: readonly string[]): Promise<Ran> => millrace(args, { DATABASE_URL: q.url })
  return {
    ...q,
    type,
    async typeJson<T>(args: readonly string[], status = 0) {
      const ran = await type(...args, '--json')
      assert.equal(ran.status, status, ran.stderr)
      return JSON.parse(ran.stdout) as T
    },
  }
}

export interface MillraceOptions {
  /** By default one where no application is. */
  readonly folder?: string
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void
}

/** Runs the command with an environment of its own. */
export async function millrace(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  options: MillraceOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, ['--conditions=millrace-source', CLI, ...args], {
    cwd: options.folder ?? tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', MILLRACE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
    })
  options.onStart?.((signal) => child.kill(signal))
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { status, ...said }
}
