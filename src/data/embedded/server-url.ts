/** Where the server of a home is reached, by its owner and by whoever finds it running. */
import { lstatSync } from 'node:fs'
import { type HomeFolders, homeFolders, SOCKET_PORT } from './home-folders.ts'
import { findHomeHolder } from './home-lock.ts'
import { findServer } from './leftovers.ts'
import { DATABASE } from './ready.ts'

/** Connection URL over the private Unix socket, as `pg` takes it. */
export function serverUrl({ socket }: HomeFolders): string {
  // the port is only a part of the socket's name, but PGPORT of the caller's shell would replace one left out
  return `postgres://millrace@${encodeURIComponent(socket)}:${SOCKET_PORT}/${DATABASE}`
}

/**
 * The URL of the server that runs for this home, kept by a living `millrace start`; undefined when none does, or when it
 * belongs to a user whose files we may not read. Starts nothing and changes nothing.
 *
 * Guarantee: it leads to the server of this very data folder. In the system's temporary folder anybody may have made a
 * socket folder of that name: one that is not the data folder's owner's own is not followed.
 */
export function findRunningServer(home: string): { readonly url: string } | undefined {
  const folders = homeFolders(home)
  if (findHomeHolder(home) === undefined || findServer(folders) === undefined) return undefined
  const socket = lstatSync(folders.socket, { throwIfNoEntry: false })
  const data = lstatSync(folders.data, { throwIfNoEntry: false })
  const isOurs = socket?.isDirectory() === true && socket.uid === data?.uid && (socket.mode & 0o077) === 0
  return isOurs ? { url: serverUrl(folders) } : undefined
}
