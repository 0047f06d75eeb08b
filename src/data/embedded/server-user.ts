/**
 * Whom the server runs as. An ordinary user runs it as itself. PostgreSQL refuses root, so root drops to the owner of the
 * data folder, or to the user who called sudo, or to `nobody`.
 *
 * That user may be unable to enter the folder in which the project lies (`/root` has mode 0700). Then the server gets one
 * capability through `setpriv`, to pass and read folders that are closed to its user; its writing stays restricted.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { readFileSync, type Stats, statSync } from 'node:fs'
import path from 'node:path'
import type { Binaries } from './binaries.ts'
import { embeddedErrors } from './errors.ts'
import { type HomeFolders, sudoUser, userId } from './home-folders.ts'

export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** Starts a program of the server as the server's user, in a session of its own. Output is piped, input is closed. */
export type Launch = (program: string, args: readonly string[]) => ChildProcess

/** @throws MILLRACE_DATA_NO_USER when root finds nobody to drop to. */
export function chooseServerUser(folders: HomeFolders): ServerUser {
  const uid = userId()
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? uid }
  const data = statSync(folders.data, { throwIfNoEntry: false })
  if (data !== undefined && data.uid !== 0) return { uid: data.uid, gid: data.gid }
  return sudoUser() ?? nobody()
}

function nobody(): ServerUser {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined) throw embeddedErrors.MILLRACE_DATA_NO_USER({})
  return { uid: unsigned(Number(uid)), gid: unsigned(Number(gid)) }
}

/** macOS writes nobody as -2; the kernel and `stat` say 4294967294. */
function unsigned(id: number): number {
  return id >>> 0
}

const PROBE_MS_MAX = 10_000

/**
 * What setpriv makes up for closed folders with: passing through and reading, never writing. `access()`, with which
 * PostgreSQL looks for its own programs, ignores the capabilities of ordinary users unless no_setuid_fixup is set; what
 * else that bit keeps over the change of user is dropped when the program is executed.
 */
const PASS_AND_READ = [
  '--securebits=+no_setuid_fixup',
  '--inh-caps=+dac_read_search',
  '--ambient-caps=+dac_read_search',
]

/**
 * How to start programs as this user.
 *
 * @throws MILLRACE_DATA_FOLDER_CLOSED when the user cannot reach the binaries or the home and nothing helps,
 * MILLRACE_DATA_BINARY_UNUSABLE when it may not run the programs.
 */
export function launcher(user: ServerUser, binaries: Binaries, folders: HomeFolders): Launch {
  if (user.uid === userId()) return (program, args) => spawn(program, args, spawnOptions())
  checkRunnable(binaries.postgres, user)
  const closed = [binaries.postgres, folders.data, folders.socket, folders.settings]
    .map((target) => findClosedFolder(target, user))
    .find((folder) => folder !== undefined)
  if (closed === undefined) {
    // Node takes ids as signed numbers.
    return (program, args) => spawn(program, args, { ...spawnOptions(), uid: user.uid | 0, gid: user.gid | 0 })
  }
  const drop = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...PASS_AND_READ, '--']
  // `--show` makes initdb look for everything that it needs, and do nothing.
  const probe = spawnSync('setpriv', [...drop, binaries.initdb, '--show', '-D', folders.data], {
    encoding: 'utf8',
    timeout: PROBE_MS_MAX,
    env: serverEnvironment(),
  })
  if (probe.status !== 0) {
    const why = probe.error?.message ?? probe.stderr.trim().split('\n').at(-1) ?? ''
    throw embeddedErrors.MILLRACE_DATA_FOLDER_CLOSED({ path: closed, user: user.uid, why })
  }
  return (program, args) => spawn('setpriv', [...drop, program, ...args], spawnOptions())
}

/** `detached`: a session of its own, so that Ctrl-C in the terminal reaches the supervisor alone, which decides. */
function spawnOptions(): SpawnOptions {
  return { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: serverEnvironment(), cwd: '/' }
}

/** No PG… variable of the caller's shell reaches the server: PGPORT, PGDATA or PGOPTIONS would change what we set. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const { PATH, LD_LIBRARY_PATH } = process.env
  return { LC_ALL: 'C', TZ: 'UTC', ...(PATH && { PATH }), ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }) }
}

function checkRunnable(program: string, user: ServerUser): void {
  const stats = statSync(program, { throwIfNoEntry: false })
  if (stats !== undefined && mayPass(stats, user)) return
  const why = stats === undefined ? 'it is missing' : `user ${user.uid} may not run it`
  throw embeddedErrors.MILLRACE_DATA_BINARY_UNUSABLE({ program, why })
}

/** The outermost folder on the way to `target` that `user` cannot pass; what does not exist yet stops nobody. */
export function findClosedFolder(target: string, user: ServerUser): string | undefined {
  const parents: string[] = []
  for (let at = path.dirname(target); ; at = path.dirname(at)) {
    parents.unshift(at)
    if (at === path.dirname(at)) break
  }
  return parents.find((folder) => {
    const stats = statSync(folder, { throwIfNoEntry: false })
    return stats !== undefined && !mayPass(stats, user)
  })
}

/** The execute bit: passing a folder, running a file. */
function mayPass({ uid, gid, mode }: Stats, user: ServerUser): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0
  if (gid === user.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}
