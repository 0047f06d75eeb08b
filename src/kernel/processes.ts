/**
 * What the operating system says of processes. A process id alone proves nothing: ids are used again. So every
 * decision here rests on the id together with the moment its process began.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessFacts {
  readonly pid: number
  /** Its arguments, or the title that it gave itself. */
  readonly command: readonly string[]
  /** The moment it began, as the system writes it; with `pid` it names one process for ever, restarts included. */
  readonly startedAt: string
  /** Its working folder, where the system tells us (Linux, and the process is ours). */
  readonly folder: string | undefined
}

const PS_MS_MAX = 5_000

/** The living process with this id. One that has ended and only waits to be collected (a zombie) is not living. */
export function findProcess(pid: number): ProcessFacts | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return process.platform === 'linux' ? fromProc(pid) : fromPs(['-p', String(pid)])[0]
}

/** Every living process that can be seen. */
export function listProcesses(): readonly ProcessFacts[] {
  if (process.platform !== 'linux') return fromPs(['-ax'])
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map((pid) => fromProc(Number(pid))).filter((facts) => facts !== undefined)
}

/** True while the very process that these facts were taken of lives. */
export function isAlive({ pid, startedAt }: { readonly pid: number; readonly startedAt: string }): boolean {
  return findProcess(pid)?.startedAt === startedAt
}

/** This process. */
export function thisProcess(): ProcessFacts {
  const facts = findProcess(process.pid)
  if (facts === undefined) throw new Error(`the system does not list process ${process.pid}, which is this one`)
  return facts
}

/** This machine since its last boot, and the process namespace on it: ids of processes mean something only within one. */
export function machineId(): string {
  return `${bootId()}/${namespaceId()}`
}

function namespaceId(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return hostname() // no Linux: one namespace a machine
  }
}

/** @see proc_pid_stat(5): fields 3 (state) and 22 (start time in ticks since boot); the name before them may hold anything. */
function fromProc(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return { pid, command, startedAt: `${bootId()} ${fields[19]}`, folder: folderOf(pid) }
  } catch (error) {
    // it ended while we looked; anything else (no file handle left, say) tells nothing about it
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))) return undefined
    throw error
  }
}

function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined // another user's process
  }
}

/** Start times count from the boot, so a start time is only told apart from one before a reboot by this. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return 'this boot' // some sandboxes hide it
  }
}

const PS_LINE = /^\s*(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/

function fromPs(which: readonly string[]): ProcessFacts[] {
  const args = ['-ww', '-o', 'pid=', '-o', 'stat=', '-o', 'lstart=', '-o', 'command=', ...which]
  const { stdout } = spawnSync('ps', args, {
    encoding: 'utf8',
    timeout: PS_MS_MAX,
    env: { ...process.env, LC_ALL: 'C' },
  })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [, pid, state, startedAt, command] = PS_LINE.exec(line) ?? []
    if (pid === undefined || startedAt === undefined || state?.startsWith('Z')) return []
    return [{ pid: Number(pid), command: [command ?? ''], startedAt, folder: undefined }]
  })
}
