/** Who a process is, so that another process of the same machine can tell whether it still lives. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

export interface ProcessIdentity {
  /** The machine and its process namespace: ids of processes mean something only within one. */
  readonly machine: string
  readonly pid: number
  /** When the process started, in the words of the operating system: a reused id has another start. */
  readonly started: string
}

let machine: string | undefined

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  return { machine: machineId(), pid: process.pid, started: startOf(process.pid) ?? '' }
}

/** False when the process has surely ended; undefined when it runs on another machine, where we cannot look. */
export function isAlive(identity: ProcessIdentity): boolean | undefined {
  if (identity.machine !== machineId()) return undefined
  return startOf(identity.pid) === identity.started
}

/** This boot of this machine, and this process namespace of it. */
export function machineId(): string {
  machine ??= `${readOr('/proc/sys/kernel/random/boot_id', hostname())}/${linkOr('/proc/self/ns/pid', '')}`
  return machine
}

/** When a process started; undefined when there is none with this id (or it is a zombie that waits for its parent). */
export function startOf(pid: number): string | undefined {
  const stat = readOr(`/proc/${pid}/stat`, '')
  if (stat !== '') {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  }
  if (process.platform === 'linux') return undefined
  try {
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim() || undefined
    )
  } catch {
    return undefined
  }
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return fallback
  }
}

function linkOr(path: string, fallback: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return fallback
  }
}
