/**
 * One owner per home. The lock is a file that names its holder, by process id and start time; a holder that is dead, or
 * whose id now belongs to another process, holds nothing.
 *
 * Taking a free lock is one `link` of a complete file: it succeeds for one process only. Replacing a dead holder's lock
 * needs the right to replace it, or two processes that both saw it dead could both win: the second would remove the
 * first's fresh lock. That right is a lock of the same kind, named after the dead holder's nonce, so that every dead lock
 * is replaced by one process at most; whoever holds the right looks again before using it. A process that dies while
 * holding a right leaves a dead lock, which is replaced in the same way.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { asError } from '../../kernel/errors.ts'
import { newRandomId } from '../../kernel/ids.ts'
import { isAlive, thisProcess } from '../../kernel/processes.ts'
import { embeddedErrors } from './errors.ts'
import { canonicalPath, makeFolder } from './home-folders.ts'

/** A held lock. `release` is safe twice. */
export interface HomeLock {
  release(): void
}

interface Holder {
  readonly pid: number
  readonly startedAt: string
  readonly nonce: string
}

interface Held {
  count: number
  readonly file: string
  readonly nonce: string
}

const LOCK_FILE = 'supervisor.pid'

/** What this process holds: taking the same home again only counts, and the last release frees it. */
const held = new Map<string, Held>()

/**
 * Takes the home for this process, making the folder when it is missing. A process may take a home several times; each
 * time has its own release.
 *
 * Guarantee: of any number of processes that call this at once, one succeeds.
 * @throws MILLRACE_DATA_HOME_IN_USE with the holder's process id, MILLRACE_DATA_HOME_UNWRITABLE.
 * @example
 * const lock = lockHome('.millrace')
 * try { await serve() } finally { lock.release() }
 */
export function lockHome(home: string): HomeLock {
  const folder = canonicalPath(home)
  const mine = held.get(folder) ?? takeLock(folder)
  held.set(folder, mine)
  mine.count += 1
  let isReleased = false
  return {
    release() {
      if (isReleased) return
      isReleased = true
      mine.count -= 1
      if (mine.count > 0) return
      held.delete(folder)
      if (readHolder(mine.file)?.nonce === mine.nonce) rmSync(mine.file, { force: true })
    },
  }
}

/** The process id of the living holder of a home's lock. */
export function findHomeHolder(home: string): number | undefined {
  const holder = readHolder(path.join(canonicalPath(home), LOCK_FILE))
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined
}

function takeLock(folder: string): Held {
  makeFolder(folder)
  const file = path.join(folder, LOCK_FILE)
  const nonce = newRandomId()
  const { pid, startedAt } = thisProcess()
  const draft = `${file}.${nonce}.new`
  try {
    writeFileSync(draft, `${JSON.stringify({ pid, startedAt, nonce })}\n`, { flag: 'wx', mode: 0o644 })
    while (!tryTake(file, draft)) {} // ends: each turn lost is one that another process won, and a living winner throws
    return { count: 0, file, nonce }
  } catch (thrown) {
    const error = asError(thrown) as NodeJS.ErrnoException
    if (typeof error.syscall !== 'string') throw error
    throw embeddedErrors.MILLRACE_DATA_HOME_UNWRITABLE({ path: folder, why: error.message }, error)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Puts the draft at `file`. False: another process changed what stands there, look again. */
function tryTake(file: string, draft: string): boolean {
  if (tryLink(draft, file)) return true
  const holder = readHolder(file)
  if (holder === undefined) return false // released meanwhile
  if (isAlive(holder)) {
    throw embeddedErrors.MILLRACE_DATA_HOME_IN_USE({ home: path.dirname(file), pid: holder.pid })
  }
  const right = `${file}.${holder.nonce}`
  if (!tryTake(right, draft)) return false
  try {
    if (readHolder(file)?.nonce !== holder.nonce) return false
    const copy = `${draft}.copy`
    linkSync(draft, copy)
    renameSync(copy, file)
    return true
  } finally {
    rmSync(right, { force: true })
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw thrown
  }
}

/** What a file says that a crash of the machine emptied, since locks are written whole before they are linked: dead. */
const UNREADABLE: Holder = { pid: 0, startedAt: '', nonce: 'unreadable' }

function readHolder(file: string): Holder | undefined {
  const text = readText(file)
  if (text === undefined) return undefined
  try {
    const { pid, startedAt, nonce } = JSON.parse(text) as Partial<Holder>
    if (typeof pid !== 'number' || typeof startedAt !== 'string' || typeof nonce !== 'string') return UNREADABLE
    return /^[0-9a-f-]{36}$/.test(nonce) ? { pid, startedAt, nonce } : UNREADABLE
  } catch {
    return UNREADABLE
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw thrown
  }
}
