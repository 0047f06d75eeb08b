/** The words of the queue: jobs, their states, and what can become of an attempt. */

export const JOB_STATES = ['scheduled', 'queued', 'running', 'succeeded', 'failed', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

/** What `submit` answers. */
export interface Job {
  /** UUID version 7: the id of the job, and of its operation when it is tracked. */
  readonly id: string
  readonly task: string
  readonly isTracked: boolean
  /**
   * False when its idempotency or unique key was taken, or a debounced job waits under its key: `id` is then that job, and no
   * other was submitted. Only a debounced one has been given the new input.
   */
  readonly isNew: boolean
}

/** Where a job's entry lies in the log: a new place each time that it is appended, and so the fence of its lease. */
export interface EntryKey {
  /** Of its job, or of the first one of a pack: after a crash of the server a place in the log can come again, an id cannot. */
  readonly id: string
  readonly lane: number
  readonly xid: string
  readonly seq: string
}

/** An error as it is kept with a job: safe to store, bounded, without what only the log should see. */
export interface JobError {
  readonly code: string
  readonly message: string
  readonly at: string
}

/** What became of a leased job. */
export type Outcome =
  /** `hasEffects`: what it did elsewhere is recorded (effects.ts), and the record goes with it. */
  | { readonly kind: 'succeeded'; readonly result: string | null; readonly hasEffects?: boolean }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly error: JobError }
  /** No attempt is spent. `hasBegun`: it did run, so its time to live has served its purpose. */
  | { readonly kind: 'postponed'; readonly afterMs: number; readonly hasBegun?: boolean }
  /** No release that knows the task, or this version of its input, was there: it waits for one. */
  | { readonly kind: 'parked'; readonly version: number }
  | { readonly kind: 'failed'; readonly error: JobError; readonly reason: 'attempts' | 'permanent' | 'crashes' }
  /** Its time was up before an attempt could begin: it fails for good, and is a dead letter. */
  | { readonly kind: 'failed'; readonly error: JobError; readonly reason: 'attempts'; readonly hasBegun: false }
  /** It has not begun within its time to live: nobody wants it any more, not even as a dead letter. */
  | { readonly kind: 'expired'; readonly error: JobError }
  | { readonly kind: 'cancelled' | 'crashed' }
  | { readonly kind: 'returned'; readonly hasBegun?: boolean }

/** Whether an attempt of the job has begun, by what became of it. */
export function hasBegun(outcome: Outcome): boolean {
  if ('hasBegun' in outcome) return outcome.hasBegun === true
  return !['postponed', 'returned', 'parked', 'expired'].includes(outcome.kind)
}

/** Errors that are kept with a job. When there are more, the first ones and the newest. */
export const ERRORS_COUNT_MAX = 20
/** How many of them are the first ones: how it began to go wrong is often what helps most. */
export const ERRORS_FIRST_COUNT = 5

const CODE_CHARS_MAX = 100
const MESSAGE_CHARS_MAX = 2_000

/** Makes an error fit for keeping: bounded, and free of what PostgreSQL's text cannot hold. */
export function jobError(error: Error, nowMs: number): JobError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return {
    code: storable(code, CODE_CHARS_MAX),
    message: storable(error.message, MESSAGE_CHARS_MAX),
    at: new Date(nowMs).toISOString(),
  }
}

/** Handlers throw what they like: an error's message need not even be a string. Cut first: a cut may halve a character. */
function storable(text: unknown, charsMax: number): string {
  const words = typeof text === 'string' ? text : `(a ${typeof text})`
  return words.slice(0, charsMax).replaceAll('\0', '\ufffd').toWellFormed()
}
