/** What the server finds when it starts: its socket folder and its settings, owned so that its user can use them. */
import { chmodSync, chownSync, lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { asError, isMillraceError } from '../../kernel/errors.ts'
import { newRandomId } from '../../kernel/ids.ts'
import { embeddedErrors } from './errors.ts'
import { type HomeFolders, isSocketOutside, socketPath, userId } from './home-folders.ts'
import { memoryBytes, serverSettings } from './server-settings.ts'
import type { ServerUser } from './server-user.ts'

/**
 * Makes the socket folder, empties it of an earlier run's socket and writes the settings.
 *
 * @throws MILLRACE_DATA_FOLDER_FOREIGN when somebody else owns the socket folder, MILLRACE_DATA_HOME_UNWRITABLE.
 */
export function prepareServerFolders(folders: HomeFolders, user: ServerUser): void {
  try {
    prepareSocketFolder(folders, user)
    writeSettings(folders)
  } catch (thrown) {
    if (isMillraceError(thrown)) throw thrown
    throw embeddedErrors.MILLRACE_DATA_HOME_UNWRITABLE({ path: folders.postgres, why: asError(thrown).message }, thrown)
  }
}

/** In the system's temporary folder anybody may have made one of this name first: only the server's user may own it. */
function prepareSocketFolder(folders: HomeFolders, user: ServerUser): void {
  const { socket } = folders
  const isNew = mkdirSync(socket, { recursive: true, mode: 0o700 }) !== undefined
  const stats = lstatSync(socket)
  const isOurs = stats.uid === user.uid || (userId() === 0 && (isNew || stats.uid === 0 || !isSocketOutside(folders)))
  if (!stats.isDirectory() || !isOurs) {
    throw embeddedErrors.MILLRACE_DATA_FOLDER_FOREIGN({ path: socket, owner: stats.uid, user: user.uid })
  }
  if (stats.uid !== user.uid) chownSync(socket, user.uid, user.gid)
  if ((stats.mode & 0o777) !== 0o700) chmodSync(socket, 0o700)
  // Of a server that was killed: PostgreSQL refuses to start when the process id in the lock file is in use again.
  for (const file of [socketPath(socket), `${socketPath(socket)}.lock`]) rmSync(file, { force: true })
}

/** Written whole under another name: a server that reloads its settings never meets half a file. */
function writeSettings({ settings, clusterName }: HomeFolders): void {
  const draft = `${settings}.${newRandomId()}.new`
  try {
    writeFileSync(draft, serverSettings(memoryBytes(), clusterName), { flag: 'wx' })
    chmodSync(draft, 0o644) // the server's user reads it, whatever our umask
    renameSync(draft, settings)
  } finally {
    rmSync(draft, { force: true })
  }
}
