/** The folders of one Millrace home, by their true names: two paths to one home must not pass for two homes. */
import { createHash } from 'node:crypto'
import { chownSync, mkdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { asError } from '../../kernel/errors.ts'
import { embeddedErrors } from './errors.ts'

export interface HomeFolders {
  readonly home: string
  /** Ours: the server's user need not be able to write here. */
  readonly postgres: string
  /** The server's: its data folder. */
  readonly data: string
  /** The server's: holds the socket and nothing else. In the system's temporary folder when the home's path is long. */
  readonly socket: string
  /** The settings file, written anew at each start. */
  readonly settings: string
  /** Stands in the title of every server process of this home. */
  readonly clusterName: string
}

export const SOCKET_PORT = 5432

/** The kernel's own limit is 104 bytes on macOS and 108 on Linux. */
export const SOCKET_PATH_BYTES_MAX = 100

export function homeFolders(home: string): HomeFolders {
  const trueHome = canonicalPath(home)
  const postgres = path.join(trueHome, 'postgres')
  const hash = createHash('sha256').update(trueHome).digest('hex').slice(0, 12)
  const short = `millrace-${userId()}-${hash}`
  const sockets = [path.join(postgres, 'run'), path.join(canonicalPath(tmpdir()), short), path.join('/tmp', short)]
  return {
    home: trueHome,
    postgres,
    data: path.join(postgres, 'data'),
    socket: sockets.find((folder) => Buffer.byteLength(socketPath(folder)) <= SOCKET_PATH_BYTES_MAX) ?? `/tmp/${short}`,
    settings: path.join(postgres, 'postgresql.conf'),
    clusterName: `millrace-${hash}`,
  }
}

/** Where the server listens, inside its socket folder. The name is PostgreSQL's. */
export function socketPath(folder: string): string {
  return path.join(folder, `.s.PGSQL.${SOCKET_PORT}`)
}

/** True when the socket folder is one of our own making outside the home, to be removed with the server. */
export function isSocketOutside(folders: HomeFolders): boolean {
  return path.dirname(folders.socket) !== folders.postgres
}

/** This process's user; 0 is root. */
export function userId(): number {
  return process.getuid?.() ?? 0
}

/**
 * Makes a folder with its parents. Under sudo what is new is given to the user who called sudo, who will want to start
 * the same project without it one day.
 *
 * @throws MILLRACE_DATA_HOME_UNWRITABLE
 */
export function makeFolder(folder: string): void {
  try {
    const first = mkdirSync(folder, { recursive: true })
    const owner = sudoUser()
    if (first === undefined || owner === undefined) return
    for (let made = folder; made.length >= first.length; made = path.dirname(made))
      chownSync(made, owner.uid, owner.gid)
  } catch (thrown) {
    throw embeddedErrors.MILLRACE_DATA_HOME_UNWRITABLE({ path: folder, why: asError(thrown).message }, thrown)
  }
}

/** The user on whose behalf root acts, when sudo says so. */
export function sudoUser(): { readonly uid: number; readonly gid: number } | undefined {
  const { SUDO_UID = '', SUDO_GID = '' } = process.env
  if (userId() !== 0 || !/^[1-9]\d{0,9}$/.test(SUDO_UID)) return undefined
  return { uid: Number(SUDO_UID), gid: /^\d{1,10}$/.test(SUDO_GID) ? Number(SUDO_GID) : Number(SUDO_UID) }
}

/** The path with every symbolic link resolved, as far as it exists already. */
export function canonicalPath(given: string): string {
  const absolute = path.resolve(given)
  try {
    return realpathSync(absolute)
  } catch {
    const parent = path.dirname(absolute)
    return parent === absolute ? absolute : path.join(canonicalPath(parent), path.basename(absolute))
  }
}
