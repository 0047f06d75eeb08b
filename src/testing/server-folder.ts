/**
 * Where a test server keeps its data: in memory when the system has a folder for that and room in it. A database is some 300
 * small files, and on a disk making them takes most of a test's time.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, lstatSync, mkdirSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testingErrors } from './errors.ts'

const MEMORY_FOLDER = '/dev/shm'
/** Containers often have 64 MB: too little for a server. */
const MEMORY_BYTES_MIN = 1024 ** 3

/** The folder for temporary data of servers. */
export function serverRoot(): string {
  if (process.platform !== 'linux') return tmpdir()
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER)
    return bavail * bsize >= MEMORY_BYTES_MIN ? MEMORY_FOLDER : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** The folder of the server that all test processes of this user and this installation of Millrace share. */
export function sharedFolder(): string {
  const installation = createHash('sha256')
    .update(import.meta.url)
    .digest('hex')
    .slice(0, 8)
  const name = `millrace-test-${process.getuid?.() ?? 0}-${installation}`
  // one that is there already is shared, whatever room is left by now
  const inMemory = join(MEMORY_FOLDER, name)
  return isFolder(inMemory) ? inMemory : join(serverRoot(), name)
}

/**
 * Makes it, unless it is there. Everybody may pass it, for under root the server runs as somebody else; nobody may read it.
 *
 * @throws MILLRACE_TESTING_FOLDER_FOREIGN when somebody else has made one of this name.
 */
export function makeSharedFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  const stats = lstatSync(folder)
  if (!stats.isDirectory() || stats.uid !== (process.getuid?.() ?? stats.uid))
    throw testingErrors.MILLRACE_TESTING_FOLDER_FOREIGN({ folder })
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
