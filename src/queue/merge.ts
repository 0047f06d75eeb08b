/**
 * Submits outside a transaction, merged: what arrives while the event loop is busy goes to the database as one insert and
 * one commit. Each caller's promise resolves when its job is durable.
 *
 * Who shares an insert shares no fate. What the database refuses for the data of one job, or cannot write for now because
 * an open transaction holds the key of one, is halved until that one is alone.
 */

import type { Queryable } from '../data/transaction.ts'
import { asError } from '../kernel/errors.ts'
import { appendJobs, appendQuick, isPlain } from './append.ts'
import { queueErrors } from './errors.ts'
import type { Hints } from './hints.ts'
import { isDelayed, lanesOf, type NewJob } from './new-job.ts'

/** Inserts under way at once: one is being written while the next is on its way. */
export const FLUSHES_IN_FLIGHT_MAX = 2
/** Jobs in one insert. */
export const FLUSH_COUNT_MAX = 2_000
/** Jobs that may wait in this process: past it, submits are refused instead of eating memory. */
export const WAITING_COUNT_MAX = 100_000
/** How long an insert waits for a key that an open transaction holds: past it, that one's job waits by itself. */
const KEY_WAIT_MS = 50
/** Jobs that wait by themselves for a held key at once, each on a connection. Others of that kind wait for their turn. */
export const HELD_IN_FLIGHT_MAX = 2
/** Times that an insert is made which the database gives up for the sake of other transactions. */
const TRIES_MAX = 5

/** program_limit_exceeded: somebody listens and does not read. */
const NOTIFY_QUEUE_FULL = '54000'
const LOCK_NOT_AVAILABLE = '55P03'
/** A deadlock, or a failure to serialize: nothing was stored, and now it may work. */
const GIVEN_UP = /^(40P01|40001)$/
/** What one job may be the cause of: its data, or its key. */
const OF_ONE = /^(2[23]...|55P03)$/
const NONE_TAKEN: ReadonlyMap<number, string> = new Map()

interface Caller {
  readonly job: NewJob
  readonly resolve: (id: string) => void
  readonly reject: (error: Error) => void
}

/** A job to be written, and its twins: who came with the same key before it was sent has the same answer. */
interface Submit extends Caller {
  readonly key: string | undefined
  readonly twins: Caller[]
}

export class MergedAppends {
  readonly #db: Queryable
  readonly #hints: Hints
  #waiting: Submit[] = []
  /** By key, what was not sent yet: in `#waiting`, or behind a submit of the same key that is under way. */
  readonly #unsent = new Map<string, Submit>()
  readonly #keysUnderWay = new Set<string>()
  /** What waits for a key that an open transaction holds. */
  readonly #held: Submit[] = []
  /** Callers without an answer. */
  #callers = 0
  #inFlight = 0
  #heldInFlight = 0
  #isPlanned = false

  constructor(db: Queryable, hints: Hints) {
    this.#db = db
    this.#hints = hints
  }

  /** Resolves, once durable, with the job's id, or the id of the job that holds its key. */
  add(job: NewJob): Promise<string> {
    if (this.#callers >= WAITING_COUNT_MAX)
      return Promise.reject(queueErrors.MILLRACE_QUEUE_BACKLOG_FULL({ waiting: this.#callers }))
    this.#callers += 1
    return new Promise((resolve, reject) => this.#add({ job, resolve, reject }))
  }

  /** A twin of what is under way waits for it to end: its key may be free again by then. */
  #add(caller: Caller): void {
    const key = keyOf(caller.job)
    const twin = key === undefined ? undefined : this.#unsent.get(key)
    if (twin !== undefined) {
      twin.twins.push(caller)
      return
    }
    const submit: Submit = { ...caller, key, twins: [] }
    if (key !== undefined) this.#unsent.set(key, submit)
    if (key === undefined || !this.#keysUnderWay.has(key)) this.#wait(submit)
  }

  #wait(submit: Submit): void {
    this.#waiting.push(submit)
    this.#plan()
  }

  #plan(): void {
    if (this.#isPlanned || this.#waiting.length === 0 || this.#inFlight >= FLUSHES_IN_FLIGHT_MAX) return
    this.#isPlanned = true
    setImmediate(() => {
      this.#isPlanned = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting.splice(0, FLUSH_COUNT_MAX)
    for (const { key } of batch) {
      if (key === undefined) continue
      this.#unsent.delete(key)
      this.#keysUnderWay.add(key)
    }
    this.#inFlight += 1
    await this.#write(batch)
    this.#inFlight -= 1
    this.#plan()
  }

  /** Never rejects: each caller learns of the failure through its own promise. */
  async #write(batch: readonly Submit[]): Promise<void> {
    try {
      await this.#append(batch, KEY_WAIT_MS)
    } catch (thrown) {
      const error = asError(thrown)
      const [first] = batch
      if (!OF_ONE.test(codeOf(error))) for (const submit of batch) this.#refuseAll(submit, error)
      else if (batch.length > 1) {
        const half = Math.ceil(batch.length / 2)
        await this.#write(batch.slice(0, half))
        await this.#write(batch.slice(half))
      } else if (first !== undefined) this.#failedAlone(first, error)
    }
  }

  #failedAlone(submit: Submit, error: Error): void {
    if (submit.key !== undefined && codeOf(error) === LOCK_NOT_AVAILABLE) {
      this.#held.push(submit)
      this.#writeHeld()
    } else {
      this.#answer(submit, error)
      for (const twin of submit.twins) this.#add(twin)
      this.#over(submit)
    }
  }

  /** Each by itself, for as long as it takes: only who wants a held key waits for others who do. */
  #writeHeld(): void {
    const submit = this.#heldInFlight >= HELD_IN_FLIGHT_MAX ? undefined : this.#held.shift()
    if (submit === undefined) return
    this.#heldInFlight += 1
    this.#append([submit], null)
      .catch((thrown: unknown) => this.#refuseAll(submit, asError(thrown)))
      .finally(() => {
        this.#heldInFlight -= 1
        this.#writeHeld()
      })
  }

  /** Writes the jobs, hints at them, and answers their callers. */
  async #append(batch: readonly Submit[], keyWaitMs: number | null): Promise<void> {
    const jobs = batch.map((submit) => submit.job)
    const holders = await this.#again(() => this.#appendJobs(jobs, keyWaitMs))
    for (const [n, submit] of batch.entries()) {
      const id = holders.get(n) ?? submit.job.id
      this.#answer(submit, id)
      for (const twin of submit.twins) this.#answer(twin, id)
      this.#over(submit)
    }
  }

  async #again<T>(append: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await append()
      } catch (thrown) {
        if (tries === TRIES_MAX || !GIVEN_UP.test(codeOf(thrown))) throw thrown
      }
    }
  }

  /** In one call with the hint when this process has been quiet. */
  async #appendJobs(jobs: readonly NewJob[], keyWaitMs: number | null): Promise<ReadonlyMap<number, string>> {
    const hint = this.#inFlight === 1 && jobs.every(isPlain) ? this.#hints.takeTurn(lanesOf(jobs)) : undefined
    if (hint !== undefined && (await this.#appendQuickly(jobs, hint))) return NONE_TAKEN
    const holders = await appendJobs(this.#db, jobs, jobs.some(isKeyed) ? keyWaitMs : null)
    for (const lane of lanesOf(jobs)) this.#hints.workIn(lane)
    if (jobs.some(isDelayed)) this.#hints.deferred()
    return holders
  }

  /** False: the server can take no hint now, and has stored nothing. */
  async #appendQuickly(jobs: readonly NewJob[], hint: string): Promise<boolean> {
    try {
      await appendQuick(this.#db, jobs, hint)
      return true
    } catch (thrown) {
      if (codeOf(thrown) === NOTIFY_QUEUE_FULL) return false
      throw thrown
    }
  }

  #refuseAll(submit: Submit, error: Error): void {
    for (const caller of [submit, ...submit.twins]) this.#answer(caller, error)
    this.#over(submit)
  }

  #answer({ resolve, reject }: Caller, answer: string | Error): void {
    this.#callers -= 1
    if (answer instanceof Error) reject(answer)
    else resolve(answer)
  }

  #over({ key }: Submit): void {
    if (key === undefined) return
    this.#keysUnderWay.delete(key)
    const next = this.#unsent.get(key)
    if (next !== undefined) this.#wait(next)
  }
}

function isKeyed(job: NewJob): boolean {
  return job.idempotencyKey !== null
}

function keyOf({ task, idempotencyKey, isUnique }: NewJob): string | undefined {
  return idempotencyKey === null ? undefined : `${task}\0${isUnique ? 'unique' : ''}\0${idempotencyKey}`
}

function codeOf(thrown: unknown): string {
  return String((asError(thrown) as { readonly code?: unknown }).code)
}
