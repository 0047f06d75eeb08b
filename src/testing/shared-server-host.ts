/**
 * The program that runs the shared test server while test processes are connected to it, and a little longer. Started by
 * shared-server.ts, with its folder and that little in milliseconds; one for a folder, which it empties before and after.
 */
import { rmdirSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { homeFolders } from '../data/embedded/home-folders.ts'
import { type HomeLock, lockHome } from '../data/embedded/home-lock.ts'
import { clearLeftovers } from '../data/embedded/leftovers.ts'
import { systemClock, type Timer } from '../kernel/clock.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { silentLog } from '../kernel/log.ts'
import { type HostMessage, sharedPaths } from './shared-server.ts'
import { stayingAlive } from './staying-alive.ts'
import { startServerIn } from './test-server.ts'

const CLEAR_MS_MAX = 30_000
/** Whoever started us connects when it has read that we are ready: on a busy machine that takes a while. */
const FIRST_CLIENT_MS_MAX = 10_000

const [, , folder = '', lingerMs = '0'] = process.argv
const { socket, home } = sharedPaths(folder)

const lock = take()
if (lock !== undefined) await stayingAlive(() => serve(lock))

/** Undefined: another one has it. */
function take(): HomeLock | undefined {
  try {
    return lockHome(folder)
  } catch (thrown) {
    // one that is just ending has removed the folder: whoever started us looks again
    const isTaken = isMillraceError(thrown, 'MILLRACE_DATA_HOME_IN_USE')
    const isGone = (asError(thrown).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    say(isTaken || isGone ? { kind: 'taken' } : failed(thrown))
    return undefined
  }
}

async function serve(held: HomeLock): Promise<void> {
  try {
    await empty()
    const postgres = await startServerIn(home)
    await hold(postgres.url, () => say({ kind: 'ready' }))
    await postgres.stop()
    await empty()
  } catch (thrown) {
    say(failed(thrown))
    process.exitCode = 1
  } finally {
    held.release()
    removeIfEmpty()
  }
}

/** Serves the URL to whoever connects. Resolves when nobody has been connected for a while, or a signal has come. */
function hold(url: string, onListening: () => void): Promise<void> {
  const clients = new Set<Socket>()
  const done = Promise.withResolvers<void>()
  let isEnding = false
  let lingering: Timer | undefined
  const end = (): void => {
    if (isEnding) return
    isEnding = true
    listener.close()
    for (const client of clients) client.destroy()
    done.resolve()
  }
  const linger = (ms: number): void => {
    lingering = systemClock.after(ms, end)
  }
  const listener: Server = createServer((client) => {
    if (isEnding) return void client.destroy()
    lingering?.cancel()
    clients.add(client)
    client.on('error', () => {})
    client.on('close', () => {
      clients.delete(client)
      if (clients.size === 0 && !isEnding) linger(Number(lingerMs))
    })
    client.resume()
    client.write(`${url}\n`)
  })
  listener.once('error', done.reject)
  listener.listen(socket, onListening)
  linger(Math.max(Number(lingerMs), FIRST_CLIENT_MS_MAX))
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end)
  return done.promise
}

/** Ends a PostgreSQL that a killed run left behind, and removes its data: it was not made to survive that. */
async function empty(): Promise<void> {
  await clearLeftovers(homeFolders(home), { log: silentLog(), clock: systemClock }, AbortSignal.timeout(CLEAR_MS_MAX))
  for (const path of [home, socket]) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
}

/** Unless another one has begun in it. */
function removeIfEmpty(): void {
  try {
    rmdirSync(folder)
  } catch {
    // it is in use again, or gone already
  }
}

function failed(thrown: unknown): HostMessage {
  const error = asError(thrown)
  return { kind: 'failed', why: isMillraceError(error) ? `${error.message}. ${error.remedy}` : error.message }
}

/** Once: whoever started us wants to know no more. */
function say(message: HostMessage): void {
  if (!process.connected) return
  process.send?.(message, () => process.disconnect?.())
}
