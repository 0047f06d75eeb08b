/** Darkroom as its users start it: `millrace start`, with a data folder of its own. */
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from 'millrace/testing'
import { endProcess, outputOf } from '../contestants/process.ts'
import { DARKROOM } from '../darkroom-inside.ts'
import { CLI } from '../millrace-inside.ts'

const READY_MS_MAX = 30_000
const LOOK_MS = 50

export interface StartedDarkroom extends AsyncDisposable {
  readonly url: string
}

/** Starts it and waits until it is ready. @throws with what it printed when it is not. */
export async function startDarkroom(home: string): Promise<StartedDarkroom> {
  mkdirSync(home, { recursive: true })
  const port = await freePort()
  const { DATABASE_URL: _database, BLOB_URL: _blobs, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=millrace-source', CLI, 'start', DARKROOM], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, MILLRACE_HOME: home, MILLRACE_ENV: 'test', HOST: '127.0.0.1', PORT: String(port) },
    detached: true, // Ctrl-C is the benchmark's: a second signal would cut its own stop short
  })
  const output = outputOf(child)
  const stopAtExit = (): void => void child.kill('SIGTERM')
  process.once('exit', stopAtExit)
  const dispose = async (): Promise<void> => {
    await endProcess(child)
    process.off('exit', stopAtExit)
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
  const url = `http://127.0.0.1:${port}`
  const deadline = performance.now() + READY_MS_MAX
  while (!(await isReady(url))) {
    if (performance.now() > deadline || child.exitCode !== null) {
      await dispose()
      throw new Error(`Darkroom did not start:\n${output()}`)
    }
    await sleep(LOOK_MS)
  }
  return { url, [Symbol.asyncDispose]: dispose }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok === true
}
