/**
 * The data folder: made whole or not at all, and never touched when it is not plainly ours. It is initialised under a
 * temporary name beside its place and then renamed, so a process killed at any moment leaves either no data folder or a
 * complete one.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lchownSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { type Clock, withDeadline } from '../../kernel/clock.ts'
import { asError } from '../../kernel/errors.ts'
import { newRandomId } from '../../kernel/ids.ts'
import type { Log } from '../../kernel/log.ts'
import type { Binaries } from './binaries.ts'
import { embeddedErrors } from './errors.ts'
import { type HomeFolders, userId } from './home-folders.ts'
import { ServerLog } from './server-log.ts'
import type { Launch, ServerUser } from './server-user.ts'

const INIT_MS_MAX = 120_000
const TEMPORARY = 'data.new-'

/** initdb's arguments. The built-in provider needs no locale of the system and sorts alike on every machine. */
const INIT_ARGS = [
  '--username=millrace',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--locale=C',
  '--builtin-locale=C.UTF-8',
  '--data-checksums',
  '--auth=trust', // the socket's folder lets in nobody but the server's user and root
  '--no-instructions',
]

/**
 * True when there is a data folder of ours that this release can use.
 *
 * @throws MILLRACE_DATA_MAJOR_VERSION, MILLRACE_DATA_FOLDER_UNKNOWN, MILLRACE_DATA_FOLDER_FOREIGN; the folder stays as it is.
 */
export function isDataReady(folders: HomeFolders, binaries: Binaries, user: ServerUser): boolean {
  const { data } = folders
  const stats = statSync(data, { throwIfNoEntry: false })
  if (stats === undefined) return false
  if (stats.uid !== user.uid && userId() !== 0) {
    throw embeddedErrors.MILLRACE_DATA_FOLDER_FOREIGN({ path: data, owner: stats.uid, user: user.uid })
  }
  const entries = readdirSync(data)
  if (entries.length === 0) return false // rename replaces an empty folder
  if (!entries.includes('PG_VERSION')) throw embeddedErrors.MILLRACE_DATA_FOLDER_UNKNOWN({ path: data })
  const found = readFileSync(path.join(data, 'PG_VERSION'), 'utf8').trim()
  if (found === binaries.major) return true
  throw embeddedErrors.MILLRACE_DATA_MAJOR_VERSION({ path: data, found, wanted: binaries.major })
}

/** Makes owner and mode what the server insists on: a copy or a restore by root changes both. */
export function repairOwnership({ data }: HomeFolders, user: ServerUser, log: Log): void {
  const { uid, mode } = statSync(data)
  if (uid !== user.uid) {
    log.warn({ folder: data, from: uid, to: user.uid }, 'giving the data folder to the user that PostgreSQL runs as')
    for (const entry of readdirSync(data, { recursive: true }))
      lchownSync(path.join(data, String(entry)), user.uid, user.gid)
    chownSync(data, user.uid, user.gid)
  }
  if ((mode & 0o027) !== 0) chmodSync(data, 0o700)
}

/** Removes what an initialisation that was killed left behind. */
export async function removeHalfMade({ postgres }: HomeFolders): Promise<void> {
  for (const name of readdirSync(postgres).filter((entry) => entry.startsWith(TEMPORARY))) {
    // Its initdb may still be writing for a moment after its parent died; what escapes now goes at the next start.
    await rm(path.join(postgres, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => {})
  }
}

/**
 * Makes the data folder.
 *
 * Guarantee: when this returns the folder is complete and on disk; when it throws there is none.
 * @throws MILLRACE_DATA_INIT_FAILED, MILLRACE_DATA_DISK_FULL, MILLRACE_DATA_BINARY_UNUSABLE, or the signal's reason.
 */
export async function makeDataFolder(
  folders: HomeFolders,
  parts: {
    readonly binaries: Binaries
    readonly user: ServerUser
    readonly launch: Launch
    readonly log: Log
    readonly clock: Clock
  },
  signal: AbortSignal,
): Promise<void> {
  const temporary = path.join(folders.postgres, `${TEMPORARY}${newRandomId()}`)
  try {
    await mkdir(temporary, { mode: 0o700 })
    if (userId() === 0) chownSync(temporary, parts.user.uid, parts.user.gid)
    await runInitdb(temporary, parts, signal)
    await rename(temporary, folders.data)
    syncFolder(folders.postgres)
  } catch (thrown) {
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 }).catch(() => {})
    throw thrown
  }
}

async function runInitdb(
  folder: string,
  { binaries, launch, log, clock }: { binaries: Binaries; launch: Launch; log: Log; clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted()
  const child = launch(binaries.initdb, ['-D', folder, ...INIT_ARGS])
  const output = new ServerLog(log, () => {})
  if (child.stderr) output.follow(child.stderr)
  child.stdout?.resume()
  const kill = () => killGroup(child)
  signal.addEventListener('abort', kill, { once: true })
  try {
    const lines = output.lastLines
    const late = () => embeddedErrors.MILLRACE_DATA_INIT_FAILED({ why: `took longer than ${INIT_MS_MAX} ms`, lines })
    const ended = once(child, 'close').catch((thrown: unknown) => {
      throw embeddedErrors.MILLRACE_DATA_BINARY_UNUSABLE(
        { program: binaries.initdb, why: asError(thrown).message },
        thrown,
      )
    })
    const [code, killer] = await withDeadline(clock, INIT_MS_MAX, ended, late)
    signal.throwIfAborted()
    if (code === 0) return
    if (isDiskFull(lines)) throw embeddedErrors.MILLRACE_DATA_DISK_FULL({ path: folder, lines })
    throw embeddedErrors.MILLRACE_DATA_INIT_FAILED({
      why: killer ? `was ended by ${killer}` : `ended with code ${code}`,
      lines,
    })
  } finally {
    signal.removeEventListener('abort', kill)
    killGroup(child)
  }
}

/** initdb and the servers that it runs for a moment: it is the leader of their group. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // it ended by itself meanwhile
  }
}

/** True when the server's last words are about a full disk. */
export function isDiskFull(lines: readonly string[]): boolean {
  return lines.some((line) => /No space left on device|Disk quota exceeded/.test(line))
}

/** Makes the entries of a folder durable: a rename is on disk only after this. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
