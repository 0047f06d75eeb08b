/**
 * The names of what a test makes: a database, a folder. Each says when it was made and by which process, so that what a
 * killed process left behind can be told from what is in use.
 */
import { createHash } from 'node:crypto'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { findProcess, machineId, thisProcess } from '../kernel/processes.ts'

const PREFIX = 'millrace_test_'
const NAME = /^millrace_test_([0-9a-z]+)_([0-9a-f]{8})_([0-9a-z]+)_([0-9a-f]{6})_[0-9a-f]{8}$/
const MINUTE_MS = 60_000
/** No test runs longer. Of a process on another machine, or before a restart of this one, nothing but its age is known. */
const AGE_MS_MAX = 24 * 3_600_000

let owner: string | undefined

/** A new name: letters, digits and underscores, 63 characters at most. */
export function ownedName(): string {
  owner ??= ownerOf(process.pid, thisProcess().startedAt)
  const minutes = Math.floor(systemClock.now() / MINUTE_MS).toString(36)
  return `${PREFIX}${minutes}_${owner}_${newRandomId().slice(0, 8)}`
}

/** Whether it is such a name, and the process that made it has ended. */
export function isAbandoned(name: string): boolean {
  const [, minutes, machine, pid = '', started] = NAME.exec(name) ?? []
  if (minutes === undefined) return false
  if (Number.parseInt(minutes, 36) * MINUTE_MS < systemClock.now() - AGE_MS_MAX) return true
  if (machine !== hash(machineId(), 8)) return false
  const facts = findProcess(Number.parseInt(pid, 36))
  return facts === undefined || hash(facts.startedAt, 6) !== started
}

function ownerOf(pid: number, startedAt: string): string {
  return `${hash(machineId(), 8)}_${pid.toString(36)}_${hash(startedAt, 6)}`
}

function hash(text: string, chars: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, chars)
}
