/**
 * Keeps a disk from becoming slow by what tests remove. Linux's ext4 does not use the place (inode) of a removed file again
 * for a minute or more, and puts new files near their folder's others: each file that is made there walks past all that
 * were removed. A database is more than 400 files, so copies that take 20 ms on a quiet disk take 200 to 800 ms behind the
 * databases of the tests before. In a folder with the attribute T every new folder begins in a part of the disk of its own,
 * as users' homes do, and so away from what was removed.
 */
import { spawnSync } from 'node:child_process'
import { statfsSync } from 'node:fs'

/** As statfs tells the type of a file system: ext4, and what containers put over it. */
const SPREADING: readonly number[] = [0xef53, 0x794c7630]
const SET_MS_MAX = 5_000

/** From here on, folders that are made in `folder` lie apart from each other, where the file system can do that. */
export function spreadFolders(folder: string): void {
  if (process.platform !== 'linux' || !SPREADING.includes(statfsSync(folder).type)) return
  // without the program, or the right, tests are slower and nothing else
  spawnSync('chattr', ['+T', folder], { stdio: 'ignore', timeout: SET_MS_MAX })
}
