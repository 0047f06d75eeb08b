/**
 * What an earlier run left behind when it was killed: a server without its supervisor, single server processes without
 * their server, a pid file that names a stranger. No signal is sent before the process is known to be a server
 * process of this very data folder.
 */
import { closeSync, constants, openSync, readFileSync, realpathSync, writeSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import { findProcess, isAlive, listProcesses, type ProcessFacts } from '../../kernel/processes.ts'
import { type HomeFolders, homeFolders } from './home-folders.ts'
import { findHomeHolder } from './home-lock.ts'
import { endServer } from './server-end.ts'

/** How long an orphaned server may take for a fast shutdown, which writes out what is only in memory. */
const TAKE_OVER_MS_MAX = 10_000

/** Processes of a dead server end by themselves as soon as they wait for anything; one that computes may take longer. */
const STRAGGLERS_MS_MAX = 10_000
const STRAGGLERS_KILLED_MS_MAX = 5_000
const LOOK_EVERY_MS = 20

/**
 * Clears the way for a server of our own. Called under the home's lock, so nothing that still runs has an owner.
 *
 * @throws the signal's reason.
 */
export async function clearLeftovers(
  folders: HomeFolders,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const orphan = findServer(folders)
  if (orphan !== undefined) {
    log.warn({ pid: orphan.pid }, 'stopping the PostgreSQL that an earlier run left behind')
    const goneWithin = (ms: number) => waitUntil(clock, ms, () => !isAlive(orphan))
    await endServer({ send: (name) => sendTo(orphan, name), goneWithin, gentleMs: TAKE_OVER_MS_MAX, log })
  }
  signal.throwIfAborted()
  await endStragglers(folders, { log, clock }, signal)
  disownPidFile(folders)
}

/**
 * For a process whose supervisor died: asks the server that was left behind to end once its clients are gone (SIGTERM,
 * PostgreSQL's "smart" shutdown). A server whose home has a living owner is let alone: a new supervisor has taken over.
 *
 * Guarantee: only a PostgreSQL that runs on this home's data folder is signalled, never a process id used again.
 * @returns whether a server was asked.
 */
export function stopOrphanedPostgres(home: string): boolean {
  const folders = homeFolders(home)
  const server = findServer(folders)
  // In this order: a server that was there before the home was seen without an owner is an orphan.
  if (server === undefined || findHomeHolder(home) !== undefined) return false
  return sendTo(server, 'SIGTERM')
}

/** The living server of this home's data folder, by its pid file and what the system says of that process. */
export function findServer(folders: HomeFolders): ProcessFacts | undefined {
  const pid = pidFileLines(folders)?.[0]
  const facts = pid === undefined ? undefined : findProcess(Number(pid))
  return facts !== undefined && isServerProcess(facts, folders) ? facts : undefined
}

/** True for the server and each of its processes: they all work inside the data folder. */
export function isServerProcess({ command, folder }: ProcessFacts, folders: HomeFolders): boolean {
  const program = command[0] ?? ''
  if (folder !== undefined) {
    return (
      folder === trueName(folders.data) && (path.basename(program) === 'postgres' || program.startsWith('postgres: '))
    )
  }
  // macOS never tells a process's folder, nor does Linux to root in a container: go by the arguments and titles that we set.
  const line = command.join(' ')
  return line.includes(`/postgres -D ${folders.data} -c`) || line.startsWith(`postgres: ${folders.clusterName}: `)
}

function trueName(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}

/** Lines of postmaster.pid: 1 the server's process id, 7 its shared memory. */
function pidFileLines({ data }: HomeFolders): readonly string[] | undefined {
  try {
    return readFileSync(pidFile(data), 'utf8').split('\n')
  } catch {
    return undefined
  }
}

function pidFile(data: string): string {
  return path.join(data, 'postmaster.pid')
}

/**
 * PostgreSQL refuses to start when its pid file names a process that exists. After a crash that may be a stranger who got
 * the id, or the dead server itself, a zombie until somebody collects it. The file is not deleted, because its seventh line is PostgreSQL's own guard against processes that still
 * use the shared memory. It is given our id instead: PostgreSQL takes its parent's id for stale and checks the rest.
 */
function disownPidFile(folders: HomeFolders): void {
  const lines = pidFileLines(folders)
  if (lines === undefined) return
  const handle = openSync(pidFile(folders.data), constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW)
  try {
    writeSync(handle, [String(process.pid), ...lines.slice(1)].join('\n'))
  } finally {
    closeSync(handle)
  }
}

/** Waits for processes of a server that was killed, then ends those that compute on: they hold its shared memory. */
async function endStragglers(
  folders: HomeFolders,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  if (pidFileLines(folders) === undefined) return // it was shut down in order, or never ran
  const none = () => signal.aborted || stragglers(folders).length === 0
  if (await waitUntil(clock, STRAGGLERS_MS_MAX, none)) return signal.throwIfAborted()
  // Safe because their server is gone: shared memory that they may leave half-written is thrown away at the next start.
  for (const facts of stragglers(folders)) {
    log.warn({ pid: facts.pid, process: facts.command[0] }, 'ending a process of a PostgreSQL that is gone')
    sendTo(facts, 'SIGKILL')
  }
  await waitUntil(clock, STRAGGLERS_KILLED_MS_MAX, none)
  signal.throwIfAborted()
}

function stragglers(folders: HomeFolders): readonly ProcessFacts[] {
  return listProcesses().filter((facts) => isServerProcess(facts, folders))
}

/** Signals this very process, and says whether it could. */
function sendTo(facts: ProcessFacts, name: NodeJS.Signals): boolean {
  try {
    return isAlive(facts) && process.kill(facts.pid, name)
  } catch {
    return false // it ended meanwhile, or belongs to somebody else
  }
}

async function waitUntil(clock: Clock, ms: number, isTrue: () => boolean): Promise<boolean> {
  const end = clock.monotonic() + ms
  while (!isTrue()) {
    if (clock.monotonic() >= end) return false
    await clock.sleep(LOOK_EVERY_MS)
  }
  return true
}
