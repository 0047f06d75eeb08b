/** One attempt under way in this process: its deadline, its signal, and its single end. */
import type { Clock } from '../kernel/clock.ts'
import type { ClaimedJob } from '../queue/claimed.ts'
import type { Progress } from '../queue/operations.ts'
import type { AttemptControl } from './running-attempt.ts'

/** After its signal fired, how long a handler in this event loop may take to end until its slot is given away. */
export const ABANDON_MS = 5_000

export class Running implements AttemptControl {
  readonly job: ClaimedJob
  readonly isQuarantined: boolean
  /** By the monotonic clock. */
  deadline: number
  /** When the whole job must have ended, by the monotonic clock. */
  jobDeadline = Number.POSITIVE_INFINITY
  /** Its outcome is settled: whatever its handler still does changes nothing. */
  isOver = false
  readonly #tools: RunningTools
  readonly #ended: () => void
  #controller: AbortController | undefined
  #reason: Error | undefined
  #firedAt = 0

  constructor(
    tools: RunningTools,
    job: ClaimedJob,
    of: { isQuarantined: boolean; timeoutMs: number; ended: () => void },
  ) {
    this.#tools = tools
    this.job = job
    this.isQuarantined = of.isQuarantined
    this.deadline = tools.clock.monotonic() + of.timeoutMs
    this.#ended = of.ended
  }

  /** Made only when someone looks at it: most handlers never do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Its handler begins only now: what came before, such as the start of a thread, is not its time. */
  begins(timeoutMs: number): void {
    this.deadline = this.#tools.clock.monotonic() + timeoutMs
  }

  /** Why the signal fired, once it has. */
  get reason(): Error | undefined {
    return this.#reason
  }

  /** Fires the signal once: the first reason stays. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    this.#firedAt = this.#tools.clock.monotonic()
    this.#controller?.abort(reason)
  }

  /** Whether its signal has fired long ago and its handler does not listen. */
  isDeaf(now: number): boolean {
    return this.#reason !== undefined && now - this.#firedAt >= ABANDON_MS
  }

  onProgress(progress: Progress): void {
    if (!this.isOver) this.#tools.onProgress(this.job, progress)
  }

  own(): Promise<void> | undefined {
    return this.#tools.own(this.job)
  }

  /** Ends it, once, and gives its slot away. */
  end(): void {
    this.isOver = true
    this.#ended()
  }
}

export interface RunningTools {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly onProgress: (job: ClaimedJob, progress: Progress) => void
  /** Gives the job an entry of its own. */
  readonly own: (job: ClaimedJob) => Promise<void> | undefined
}
