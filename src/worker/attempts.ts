/** The attempts of a worker process: each runs its handler, here or in a cell, and ends in exactly one outcome. */
import type { Contract } from '../contract/contract.ts'
import type { Task } from '../contract/task.ts'
import type { Clock, Timer } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import { random } from '../kernel/ids.ts'
import type { ClaimedJob, Outcome } from '../queue/job.ts'
import type { CellPool } from './cell-pool.ts'
import { workerErrors } from './errors.ts'
import type { Handlers, Runtime } from './handler.ts'
import { handlerLoader } from './load-handler.ts'
import { outcomeOf, outcomeOfCrash } from './outcome.ts'
import { type Ran, runHandler } from './run-handler.ts'
import type { Settler } from './settler.ts'
import type { Tracker } from './tracker.ts'

/** How exactly timeouts are kept. One timer looks at all attempts: a timer each would cost more than a fast job. */
export const TIMEOUT_CHECK_MS = 100
/** After its signal fired, how long a handler in this event loop may take to end until its slot is given away. */
export const ABANDON_MS = 5_000
/** How long a job waits that no handler of this release runs. */
export const POSTPONE_MS = 30_000
/** How long a job waits whose cell did not start. */
const NOT_STARTED_MS = 10_000

export interface AttemptsOptions {
  readonly contract: Contract
  readonly handlers: Handlers
  readonly runtime: Runtime
  readonly threads: CellPool
  readonly processes: CellPool
  readonly settler: Settler
  readonly tracker: Tracker
}

interface Running {
  readonly job: ClaimedJob
  /** Its job was settled without it. */
  isGivenUp: boolean
  readonly deadline: number
  abort(reason: Error): void
}

export class Attempts {
  readonly #options: AttemptsOptions
  readonly #load: ReturnType<typeof handlerLoader>
  readonly #running = new Set<Running>()
  #timer: Timer | undefined

  constructor(options: AttemptsOptions) {
    this.#options = options
    this.#load = handlerLoader(options.handlers)
  }

  get size(): number {
    return this.#running.size
  }

  /** Runs one attempt to its end; never rejects. `isQuarantined`: in a process of its own, for it may take it down. */
  async run(job: ClaimedJob, isQuarantined: boolean): Promise<void> {
    const { settler, tracker, runtime } = this.#options
    const task = this.#options.contract.tasks.get(job.task)
    if (task === undefined || !this.#options.handlers.entries.has(job.task)) return this.#postpone(job)
    const abort = new LazyAbort()
    const running: Running = {
      job,
      isGivenUp: false,
      deadline: runtime.clock.monotonic() + task.timeoutMs,
      abort: (reason) => abort.fire(reason),
    }
    this.#running.add(running)
    this.#watchTimeouts()
    try {
      const refusal = job.isTracked ? await this.#begin(job, running) : undefined
      if (refusal !== undefined) {
        settler.add(job, refusal)
        return
      }
      const ran = await this.#runIn(isQuarantined, task, job, abort)
      if (running.isGivenUp) return
      if (ran.isSettled) this.#settledElsewhere(job)
      else settler.add(job, { kind: 'succeeded', result: ran.result })
    } catch (thrown) {
      if (!running.isGivenUp) settler.add(job, this.#judge(abort.reason ?? asError(thrown), task, job, isQuarantined))
    } finally {
      this.#running.delete(running)
      if (job.isTracked) tracker.end(job)
    }
  }

  /** Begins a tracked attempt. An outcome when it may not run: it was cancelled, or the database is away. */
  async #begin(job: ClaimedJob, running: Running): Promise<Outcome | undefined> {
    const { tracker, runtime } = this.#options
    try {
      const mayStart = await tracker.begin(job, () => running.abort(cancelled(job)))
      return mayStart ? undefined : { kind: 'cancelled' }
    } catch (thrown) {
      // nothing has run yet: the job goes back as it came
      runtime.log.warn({ err: asError(thrown), job: job.id }, 'an attempt could not begin; the job goes back')
      return { kind: 'returned' }
    }
  }

  /** Fires the signal of every running attempt: their jobs go back. */
  abortAll(): void {
    for (const { job, abort } of this.#running) abort(workerErrors.MILLRACE_WORKER_DRAINING({ jobId: job.id }))
  }

  /** The handler's own transaction has completed the job: whoever follows it is told now. */
  #settledElsewhere(job: ClaimedJob): void {
    const { settler, tracker } = this.#options
    settler.settledElsewhere(job)
    if (job.isTracked) tracker.changed(job)
  }

  /** Hands back the jobs of attempts that do not end. */
  giveUp(): void {
    for (const running of this.#running) {
      running.isGivenUp = true
      this.#options.settler.add(running.job, { kind: 'returned' })
    }
    this.#running.clear()
  }

  close(): void {
    this.#timer?.cancel()
  }

  #runIn(isQuarantined: boolean, task: Task, job: ClaimedJob, abort: LazyAbort): Promise<Ran> {
    const { threads, processes, handlers, tracker } = this.#options
    const isolation = isQuarantined ? 'process' : (handlers.entries.get(task.name)?.isolate ?? 'none')
    if (isolation === 'none') return this.#runHere(task, job, abort)
    const pool = isolation === 'thread' ? threads : processes
    const { id, attempt, payload, lane, xid, seq } = job
    return pool.run({
      task: task.name,
      job: { id, attempt, payload, entry: { lane, xid, seq } },
      signal: abort.signal,
      onProgress: (progress) => tracker.progress(job, progress),
    })
  }

  async #runHere(task: Task, job: ClaimedJob, abort: LazyAbort): Promise<Ran> {
    const { runtime, tracker } = this.#options
    const loaded = this.#load(task.name)
    const handler = loaded instanceof Promise ? await loaded : loaded
    const control = {
      get signal() {
        return abort.signal
      },
      onProgress: (progress: Parameters<Tracker['progress']>[1]) => tracker.progress(job, progress),
    }
    const { id, attempt, payload } = job
    const work = runHandler(runtime, handler, { id, attempt, payload, entry: job }, control)
    return abort.orAbandon(work, runtime.clock)
  }

  #judge(error: Error, task: Task, job: ClaimedJob, isQuarantined: boolean): Outcome {
    const { runtime } = this.#options
    const nowMs = runtime.clock.now()
    if ('code' in error && error.code === 'MILLRACE_WORKER_CELL_NOT_STARTED') {
      runtime.log.error(
        { err: error, job: job.id, againInMs: NOT_STARTED_MS },
        'a job could not be run at all; it waits',
      )
      return { kind: 'postponed', afterMs: NOT_STARTED_MS }
    }
    const isCrash = isQuarantined && 'code' in error && error.code === 'MILLRACE_WORKER_CELL_DIED'
    const outcome = isCrash
      ? outcomeOfCrash({ error, crashes: job.crashes, nowMs })
      : outcomeOf({ error, attempt: job.attempt, crashes: job.crashes, retry: task.retry, nowMs, random: random() })
    this.#tell(error, job, outcome)
    return outcome
  }

  #tell(error: Error, job: ClaimedJob, outcome: Outcome): void {
    const { log } = this.#options.runtime
    const facts = { job: job.id, task: job.task, attempt: job.attempt + 1 }
    if (outcome.kind === 'failed') log.error({ ...facts, reason: outcome.reason, err: error }, 'a job failed for good')
    if (outcome.kind === 'retry')
      log.warn({ ...facts, againInMs: Math.round(outcome.afterMs), err: error }, 'an attempt failed')
    if (outcome.kind === 'crashed')
      log.error({ ...facts, crashes: job.crashes + 1, err: error }, 'a job took its process down')
  }

  /** A job that this release cannot run waits, without spending an attempt, for one that can. */
  #postpone(job: ClaimedJob): void {
    const { settler, runtime } = this.#options
    runtime.log.warn({ job: job.id, task: job.task, againInMs: POSTPONE_MS }, 'this release has no handler for a job')
    settler.add(job, { kind: 'postponed', afterMs: POSTPONE_MS })
  }

  #watchTimeouts(): void {
    const { clock } = this.#options.runtime
    if (this.#timer !== undefined) return
    this.#timer = clock.after(TIMEOUT_CHECK_MS, () => {
      this.#timer = undefined
      const now = clock.monotonic()
      for (const { job, deadline, abort } of this.#running) {
        const timeoutMs = this.#options.contract.tasks.get(job.task)?.timeoutMs ?? 0
        if (now >= deadline) abort(workerErrors.MILLRACE_WORKER_TIMEOUT({ task: job.task, timeoutMs }))
      }
      if (this.#running.size > 0) this.#watchTimeouts()
    })
  }
}

function cancelled(job: ClaimedJob): Error {
  return workerErrors.MILLRACE_WORKER_CANCELLED({ jobId: job.id })
}

/** An AbortController that is made only when someone looks at its signal: most handlers never do. */
class LazyAbort {
  #controller: AbortController | undefined
  #reason: Error | undefined
  #onFire: (() => void) | undefined

  /** Why it fired, once it has. */
  get reason(): Error | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Fires once: the first reason stays. */
  fire(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#onFire?.()
  }

  /** Settles as the work does, or rejects with the reason when it has not ended ABANDON_MS after the signal fired. */
  orAbandon<T>(work: Promise<T>, clock: Pick<Clock, 'after'>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(resolve, reject)
      this.#onFire = () => void clock.after(ABANDON_MS, () => reject(this.#reason))
      if (this.#reason !== undefined) this.#onFire()
    })
  }
}
