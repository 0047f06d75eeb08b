/** For tests that run as root: the same as an ordinary user, who owns the home's parent. */
import type { ChildProcess } from 'node:child_process'
import { chownSync } from 'node:fs'
import path from 'node:path'
import { findBinaries } from './binaries.ts'
import { homeFolders } from './home-folders.ts'
import { chooseServerUser, launcher } from './server-user.ts'

/** Whom root drops to when there is no data folder yet. */
export const nobody = chooseServerUser(homeFolders('/nonexistent'))

/** Starts a program as that user, wherever the checkout lies. The home's parent folder is given to it. */
export function asNobody(home: string): (program: string, args: readonly string[]) => ChildProcess {
  chownSync(path.dirname(home), nobody.uid, nobody.gid)
  return launcher(nobody, { ...findBinaries(), postgres: process.execPath }, homeFolders(home))
}
