/**
 * Versions of a task's input. A job carries the version of the release that submitted it. The release that runs it turns an
 * older input into its own, one version at a time; a newer one it cannot know, and leaves to others.
 */
import { contractErrors } from './errors.ts'
import { checkPolicy } from './policy.ts'

export const VERSION_MAX = 1_000

/**
 * Turns an input of one version, as its JSON was stored, into one of the next. Pure: it runs again at each attempt.
 * (A method's type, so that it may be declared with the old input's own type.)
 */
export type Upcaster = { upcast(old: unknown): unknown }['upcast']

/** By the version that each one takes: `upcast[1]` makes an input of version 2. */
export type Upcasters = Readonly<Record<number, Upcaster>>

export interface Versioned {
  /** Of the inputs that this release submits. */
  readonly version: number
  readonly upcast: Upcasters
}

/** Whether this release can run a job whose input has that version. */
export function canRun(task: Versioned, version: number): boolean {
  return version === task.version || (version < task.version && version >= oldestVersion(task))
}

/** The oldest version that this release can run. */
export function oldestVersion({ version, upcast }: Versioned): number {
  return version - Object.keys(upcast).length
}

/** An input of `from`, oldest to newest, as one of the task's own version. */
export function upcastInput({ version, upcast }: Versioned, from: number, input: unknown): unknown {
  let made = input
  for (let n = from; n < version; n++) made = upcast[n]?.(made)
  return made
}

/** @throws MILLRACE_CONTRACT_POLICY_INVALID */
export function checkVersions(owner: string, version: number, upcast: Upcasters): Versioned {
  checkPolicy(owner, 'version', version, 1, VERSION_MAX)
  const given = Object.keys(upcast).map(Number)
  // keys are distinct: so many whole numbers below `version`, none of them lower than this, leave no gap
  const oldest = Math.max(1, version - given.length)
  const isUpcaster = (from: number): boolean =>
    Number.isInteger(from) && from >= oldest && from < version && typeof upcast[from] === 'function'
  if (!given.every(isUpcaster)) throw gap(owner, version, given)
  return { version, upcast: Object.freeze({ ...upcast }) }
}

function gap(owner: string, version: number, given: readonly number[]): Error {
  const rule = `one function for each version from the oldest that can still come to ${version - 1}, without a gap`
  const value = given.length === 0 ? 'nothing' : `for ${given.join(', ')}`
  return contractErrors.MILLRACE_CONTRACT_POLICY_INVALID({ task: owner, policy: 'upcast', value, rule })
}
