/**
 * What hints say, and how they are written. Two channels, because few listen to both: workers look for work, a web process
 * waits for operations, and a submit should wake nobody who has nothing to do with it.
 */

/** Lanes with new work; `'all'`: any may have some. */
export interface WorkHint {
  readonly lanes: readonly number[] | 'all'
  /** Whether there are jobs that wait for their time. */
  readonly hasDeferred: boolean
}

/** Operations that changed, and jobs that are to be cancelled. `'all'`: too many to name. */
export interface JobHint {
  readonly operations: readonly string[] | 'all'
  readonly cancelled: readonly string[] | 'all'
}

export const WORK_CHANNEL = 'millrace_work'
export const JOB_CHANNEL = 'millrace_job'

/** What was said while nobody listened. */
export const LOOK_FOR_WORK: WorkHint = Object.freeze({ lanes: 'all', hasDeferred: true })
export const LOOK_AT_JOBS: JobHint = Object.freeze({ operations: 'all', cancelled: 'all' })

/** Names in one hint; when there are more, it says "all". NOTIFY takes 8,000 bytes. */
export const NAMES_MAX = 150

const LANE = /^\d{1,5}$/

export function workText({ lanes, hasDeferred }: WorkHint): string {
  return `${namesText(lanes)};${hasDeferred ? 'd' : ''}`
}

export function jobText({ operations, cancelled }: JobHint): string {
  return `${namesText(operations)};${namesText(cancelled)}`
}

/** Anyone with the database's password can notify: what does not parse is no hint. */
export function parseWork(text: string): WorkHint {
  const [lanes = '', deferred = ''] = text.split(';')
  const named = namesOf(lanes)
  return {
    lanes: named === 'all' ? 'all' : named.filter((name) => LANE.test(name)).map(Number),
    hasDeferred: deferred === 'd',
  }
}

export function parseJob(text: string): JobHint {
  const [operations = '', cancelled = ''] = text.split(';')
  return { operations: namesOf(operations), cancelled: namesOf(cancelled) }
}

function namesText(names: readonly (number | string)[] | 'all'): string {
  return names === 'all' ? '*' : names.join()
}

function namesOf(text: string): readonly string[] | 'all' {
  if (text === '*') return 'all'
  return text === '' ? [] : text.split(',').slice(0, NAMES_MAX)
}
