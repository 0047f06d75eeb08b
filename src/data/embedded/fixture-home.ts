/** For tests: homes, servers and owners that are cleaned up whatever a test does. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type Clock, sleepOn, systemClock } from '../../kernel/clock.ts'
import { silentLog } from '../../kernel/log.ts'
import { type EmbeddedPostgres, embeddedPostgres } from './embedded-postgres.ts'
import { type HomeFolders, homeFolders } from './home-folders.ts'
import { clearLeftovers } from './leftovers.ts'
import type { Launch } from './server-user.ts'

export const isRoot = process.getuid?.() === 0

/** A reason to skip, or false. */
export const rootOnly = isRoot ? false : 'only root can run the server as another user'

export interface TestHome {
  /** A path in a fresh folder that every user may pass; nothing is there yet. */
  readonly home: string
  readonly folders: HomeFolders
  /** A server of this process. */
  server(clock?: Clock): EmbeddedPostgres
  /** Another process that owns, or tries to own, the home. */
  owner(launch?: Launch): Owner
}

export interface Owner {
  readonly process: ChildProcess
  /** The one line that it says. */
  readonly said: Promise<{ pid: number; url: string; uid: number; code: string; message: string }>
}

/** A home of its own for one test or suite, `below` a path inside the fresh folder. What it started ends with it. */
export function testHome(after: (cleanUp: () => Promise<void>) => void, below = ''): TestHome {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-test-'))
  chmodSync(folder, 0o755)
  const home = path.join(folder, below, 'home')
  const servers: EmbeddedPostgres[] = []
  const owners: ChildProcess[] = []
  after(async () => {
    for (const owner of owners) await kill(owner)
    for (const server of servers) await server.stop({ drainMs: 5_000 })
    await clearLeftovers(homeFolders(home), { log: silentLog(), clock: systemClock }, startSignal())
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return {
    home,
    folders: homeFolders(home),
    server(clock = systemClock) {
      const server = embeddedPostgres({ home, log: silentLog(), clock })
      servers.push(server)
      return server
    },
    owner(launch = spawnOwner) {
      const child = launch(process.execPath, [OWNER, home])
      owners.push(child)
      if (child.stdout === null) throw new Error('the owner has no output')
      const said = once(createInterface({ input: child.stdout }), 'line', { signal: startSignal() })
      return { process: child, said: said.then(([line]) => JSON.parse(line)) }
    },
  }
}

const OWNER = fileURLToPath(new URL('./fixture-owner.ts', import.meta.url))

function spawnOwner(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}

export function startSignal(): AbortSignal {
  return AbortSignal.timeout(30_000)
}

/** One statement on a connection of its own. */
export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 10_000 })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** kill -9, and waits until it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Waits for a condition, 15 s at most. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = systemClock.monotonic() + 15_000
  while (!(await isTrue())) {
    if (systemClock.monotonic() > end) throw new Error(`waited in vain until ${what}`)
    await systemClock.sleep(5)
  }
}

/** A clock on which time passes `factor` times as fast: long deadlines pass in a short test. */
export function fastClock(factor: number): Clock {
  const after = (ms: number, run: () => void) => systemClock.after(ms / factor, run)
  return {
    now: systemClock.now,
    monotonic: () => systemClock.monotonic() * factor,
    after,
    sleep: (ms, signal) => sleepOn({ after }, ms, signal),
  }
}

/** Data folders in the making. */
export function temporaryFolders({ postgres }: HomeFolders): string[] {
  if (!existsSync(postgres)) return []
  return readdirSync(postgres)
    .filter((name) => name.startsWith('data.new-'))
    .map((name) => path.join(postgres, name))
}
