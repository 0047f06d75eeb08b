/** The attempts of a worker process: each runs its handler, here or in a cell, and ends in exactly one outcome. */
import type { Contract } from '../contract/contract.ts'
import type { Task } from '../contract/task.ts'
import { canRun } from '../contract/version.ts'
import type { Clock, Timer } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import { random } from '../kernel/ids.ts'
import type { ClaimedJob } from '../queue/claimed.ts'
import { queueErrors } from '../queue/errors.ts'
import { type TimeLimits, timeLimitsOf } from '../queue/headers.ts'
import type { Outcome } from '../queue/job.ts'
import { Payloads } from '../queue/payload/payloads.ts'
import type { Runtime } from './attempt.ts'
import type { CellPool } from './cell-pool.ts'
import { workerErrors } from './errors.ts'
import type { Handler, Handlers } from './handler.ts'
import type { JobLimits } from './job-limits.ts'
import { handlerLoader } from './load-handler.ts'
import { type FailedAttempt, outcomeOf, outcomeOfCrash } from './outcome.ts'
import { runHandler } from './run-handler.ts'
import { Running, type RunningTools } from './running.ts'
import type { JobToRun, Ran } from './running-attempt.ts'
import type { Settler } from './settler.ts'
import type { Tracker } from './tracker.ts'

/** How exactly timeouts are kept. One timer looks at all attempts: a timer each would cost more than a fast job. */
export const TIMEOUT_CHECK_MS = 100
/** What keeps a job from being run at all, and is none of its doing: how long it then waits, without spending an attempt. */
const NOT_RUN_MS: ReadonlyMap<unknown, number> = new Map([
  ['MILLRACE_WORKER_CELL_NOT_STARTED', 10_000],
  ['MILLRACE_QUEUE_PAYLOAD_AWAY', 10_000],
  ['MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN', 30_000],
])

export interface AttemptsOptions {
  readonly contract: Contract
  readonly handlers: Handlers
  readonly runtime: Runtime
  /** Without it, what lies in a blob or is encrypted waits. */
  readonly payloads?: Payloads
  readonly threads: CellPool
  readonly processes: CellPool
  readonly settler: Settler
  readonly tracker: Tracker
  readonly limits: JobLimits
  /** A job needed an entry of its own: its queue is better claimed without packs. */
  readonly onOwn: (queue: string) => void
}

export class Attempts {
  readonly #options: AttemptsOptions
  readonly #load: ReturnType<typeof handlerLoader>
  readonly #running = new Set<Running>()
  readonly #payloads: Payloads
  readonly #tools: RunningTools
  /** What this release cannot run and has told of: tasks and versions. */
  readonly #unknown = new Set<string>()
  #timer: Timer | undefined

  constructor(options: AttemptsOptions) {
    this.#options = options
    this.#load = handlerLoader(options.handlers)
    this.#payloads = options.payloads ?? new Payloads(options.runtime)
    this.#tools = {
      clock: options.runtime.clock,
      onProgress: (job, progress) => options.tracker.progress(job, progress),
      own: (job) => this.#own(job),
    }
  }

  get size(): number {
    return this.#running.size
  }

  /**
   * Runs one attempt, and calls `ended` when it has come to its end. `isQuarantined`: in a process of its own, for it may
   * take it down. Never throws.
   */
  run(job: ClaimedJob, isQuarantined: boolean, ended: () => void): void {
    const task = this.#options.contract.tasks.get(job.task)
    if (task === undefined || !this.#options.handlers.entries.has(job.task) || !canRun(task, job.version)) {
      this.#park(job)
      ended()
      return
    }
    const running = new Running(this.#tools, job, { isQuarantined, timeoutMs: task.timeoutMs, ended })
    this.#running.add(running)
    this.#watch()
    const limits = timeLimitsOf(job.entry.headers)
    if (job.isTracked || limits !== undefined) void this.#begin(running, task, limits)
    else this.#start(running, task)
  }

  /** Fires the signal of every running attempt: their jobs go back. */
  abortAll(): void {
    for (const running of this.#running) running.abort(workerErrors.MILLRACE_WORKER_DRAINING({ jobId: running.job.id }))
  }

  /** Hands back the jobs of attempts that do not end. */
  giveUp(): void {
    for (const running of this.#running) this.#end(running, { kind: 'returned', hasBegun: true })
  }

  close(): void {
    this.#timer?.cancel()
  }

  /** Begins an attempt, unless its job was cancelled before, or it is too late, or the database is away. Never rejects. */
  async #begin(running: Running, task: Task, limits: TimeLimits | undefined): Promise<void> {
    const { job } = running
    const { tracker, runtime } = this.#options
    try {
      if (limits !== undefined && !(await this.#isInTime(running, limits))) return
      const mayStart =
        !job.isTracked ||
        (await tracker.begin(job, () => running.abort(workerErrors.MILLRACE_WORKER_CANCELLED({ jobId: job.id }))))
      if (!mayStart) this.#end(running, { kind: 'cancelled' })
      else if (!running.isOver) this.#start(running, task)
    } catch (thrown) {
      // nothing has run yet: the job goes back as it came
      runtime.log.warn({ err: asError(thrown), job: job.id }, 'an attempt could not begin; the job goes back')
      this.#end(running, { kind: 'returned' })
    }
  }

  /** Whether the attempt may begin; its job has ended otherwise. */
  async #isInTime(running: Running, limits: TimeLimits): Promise<boolean> {
    const { limits: watch, runtime } = this.#options
    const found = await watch.look(running.job, limits)
    if (running.isOver) return false
    if ('leftMs' in found) {
      running.jobDeadline = runtime.clock.monotonic() + found.leftMs
      return true
    }
    const { id, task } = running.job
    runtime.log.warn({ job: id, task, outcome: found.kind }, 'a job was not run: it was too late for it')
    this.#end(running, found)
    return false
  }

  #start(running: Running, task: Task): void {
    const isolation = running.isQuarantined
      ? 'process'
      : (this.#options.handlers.entries.get(task.name)?.isolate ?? 'none')
    try {
      const ran = isolation === 'none' ? this.#runHere(running, task) : this.#runInCell(running, task, isolation)
      ran.then(
        (end) => this.#succeeded(running, end),
        (thrown: unknown) => this.#failed(running, task, thrown),
      )
    } catch (thrown) {
      this.#failed(running, task, thrown)
    }
  }

  #runHere(running: Running, task: Task): Promise<Ran> {
    const { runtime } = this.#options
    const { entry, n } = running.job
    const read = entry.isEncoded
      ? () => this.#payloads.decode(running.job, entry.inputOf(n), running.signal)
      : () => entry.inputOf(n)
    const run = (handler: Handler): Promise<Ran> => runHandler(runtime, handler, running.job, read, running)
    const loaded = this.#load(task.name)
    return loaded instanceof Promise ? loaded.then(run) : run(loaded)
  }

  async #runInCell(running: Running, task: Task, isolation: 'thread' | 'process'): Promise<Ran> {
    const { threads, processes, tracker } = this.#options
    running.deadline = Number.POSITIVE_INFINITY // its cell has a time of its own to start in
    await running.own()
    const { job } = running
    const toRun: JobToRun = { id: job.id, attempt: job.attempt, version: job.version, actor: job.actor, key: job.key }
    return (isolation === 'thread' ? threads : processes).run({
      task: task.name,
      job: toRun,
      payload: job.entry.payloadOf(job.n),
      signal: running.signal,
      onProgress: (progress) => tracker.progress(job, progress),
      onBegin: () => running.begins(task.timeoutMs),
    })
  }

  #own(job: ClaimedJob): Promise<void> | undefined {
    const queue = this.#options.contract.tasks.get(job.task)?.queue.name
    if (queue !== undefined) this.#options.onOwn(queue)
    return this.#options.settler.own(job)
  }

  #succeeded(running: Running, ran: Ran): void {
    if (ran.isSettled) this.#end(running, 'settled')
    else this.#end(running, { kind: 'succeeded', result: ran.result, hasEffects: ran.hasEffects ?? false })
  }

  #failed(running: Running, task: Task, thrown: unknown): void {
    if (running.isOver) return
    this.#end(running, this.#judge(running.reason ?? asError(thrown), task, running))
  }

  /** The one way out. Its own transaction may have completed the job: whoever follows it is told then. */
  #end(running: Running, outcome: Outcome | 'settled'): void {
    if (running.isOver) return
    const { settler, tracker } = this.#options
    const { job } = running
    this.#running.delete(running)
    if (outcome === 'settled') {
      settler.settledElsewhere(job)
      if (job.isTracked) tracker.changed(job)
    } else settler.add(job, outcome)
    if (job.isTracked) tracker.end(job)
    running.end()
  }

  #judge(error: Error, task: Task, running: Running): Outcome {
    const { job, isQuarantined } = running
    const { runtime } = this.#options
    const nowMs = runtime.clock.now()
    const afterMs = 'code' in error ? NOT_RUN_MS.get(error.code) : undefined
    if (afterMs !== undefined) {
      runtime.log.error({ err: error, job: job.id, againInMs: afterMs }, 'a job could not be run at all; it waits')
      return { kind: 'postponed', afterMs, hasBegun: false }
    }
    const isCrash = isQuarantined && 'code' in error && error.code === 'MILLRACE_WORKER_CELL_DIED'
    const outcome = isCrash
      ? outcomeOfCrash({ error, crashes: job.crashes, nowMs })
      : outcomeOf({
          error,
          attempt: job.attempt,
          retry: task.retry,
          nowMs,
          random: random(),
          limit: limitOf(running, runtime.clock),
        })
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

  /** A job that this release cannot run waits, without spending an attempt, for one that can. Told once for all like it. */
  #park(job: ClaimedJob): void {
    const { settler, runtime } = this.#options
    const { id, task, version } = job
    const what = `${task} ${version}`
    if (!this.#unknown.has(what))
      runtime.log.warn({ job: id, task, version }, 'this release cannot run a job; such jobs are parked')
    this.#unknown.add(what)
    settler.add(job, { kind: 'parked', version })
  }

  /** Fires the signals of those whose time is up, and gives up those that do not listen. */
  #watch(): void {
    const { clock } = this.#options.runtime
    this.#timer ??= clock.after(TIMEOUT_CHECK_MS, () => {
      this.#timer = undefined
      const now = clock.monotonic()
      for (const running of this.#running) this.#watchOne(running, now)
      if (this.#running.size > 0) this.#watch()
    })
  }

  #watchOne(running: Running, now: number): void {
    const task = this.#options.contract.tasks.get(running.job.task)
    if (task === undefined) return
    if (now >= running.jobDeadline) running.abort(jobTimeout(running.job))
    if (now >= running.deadline)
      running.abort(workerErrors.MILLRACE_WORKER_TIMEOUT({ task: task.name, timeoutMs: task.timeoutMs }))
    if (running.isDeaf(now)) this.#failed(running, task, running.reason)
  }
}

/** What is left of the time of a job that may not take for ever. */
function limitOf({ job, jobDeadline }: Running, clock: Pick<Clock, 'monotonic'>): FailedAttempt['limit'] {
  if (jobDeadline === Number.POSITIVE_INFINITY) return undefined
  return { leftMs: jobDeadline - clock.monotonic(), late: (lastError) => jobTimeout(job, lastError) }
}

function jobTimeout({ task, entry }: ClaimedJob, lastError?: string): Error {
  const jobTimeoutMs = timeLimitsOf(entry.headers)?.jobTimeoutMs ?? 0
  return queueErrors.MILLRACE_QUEUE_JOB_TIMEOUT({ task, jobTimeoutMs, lastError })
}
