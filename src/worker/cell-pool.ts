/** The cells of a worker process: threads or child processes that each run one job at a time and can be killed. */
import { fork } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Progress } from '../queue/operations.ts'
import { type FromCell, packError, readFromCell, type ToCell, unpackError } from './cell-protocol.ts'
import { workerErrors } from './errors.ts'
import type { JobToRun, Ran } from './running-attempt.ts'

export interface CellOptions {
  readonly type: 'thread' | 'process'
  /** The file that calls `serveCell`. */
  readonly entry: URL
  readonly clock: Clock
  /** Megabytes of JavaScript heap at most; past it, the cell dies alone. */
  readonly heapMbMax: number
}

export interface CellRun {
  readonly task: string
  readonly job: JobToRun
  /** The input as JSON text. */
  readonly payload: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
  /** The cell is ready, and the handler begins. */
  readonly onBegin: () => void
}

/** After an abort, how long a handler may take to end by itself before its cell is killed. */
export const KILL_GRACE_MS = 2_000
/** A thread inside a native call ends only with that call: nobody waits for it longer than this. */
export const KILLED_MS_MAX = 1_000
/** How long a cell may take until it is ready. */
export const CELL_START_MS_MAX = 30_000

export class CellPool {
  readonly #options: CellOptions
  readonly #idle: Cell[] = []
  readonly #all = new Set<Cell>()
  #isClosed = false

  constructor(options: CellOptions) {
    this.#options = options
  }

  /**
   * Runs a job in a cell that runs nothing else meanwhile: a thread may serve others after it, a process never does.
   *
   * @throws what the handler threw; the abort's reason when the signal fired (the cell was killed if it did not listen);
   * MILLRACE_WORKER_CELL_DIED when the cell died under it.
   */
  async run(request: CellRun): Promise<Ran> {
    const cell = this.#idle.pop() ?? this.#open()
    try {
      return await cell.run(request)
    } finally {
      // a process is for one job: what a culprit leaves behind must not fall on the next
      const isReusable = cell.isUsable && !this.#isClosed && this.#options.type === 'thread'
      if (isReusable) this.#idle.push(cell)
      else void cell.kill()
    }
  }

  /** Kills every cell. What still ran in them fails with MILLRACE_WORKER_CELL_DIED. Waits KILLED_MS_MAX at the longest. */
  async close(): Promise<void> {
    this.#isClosed = true
    const killed = Promise.all([...this.#all].map((cell) => cell.kill()))
    await Promise.race([killed, this.#options.clock.sleep(KILLED_MS_MAX)])
  }

  #open(): Cell {
    const cell = new Cell(this.#options, () => {
      this.#all.delete(cell)
      const at = this.#idle.indexOf(cell)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    this.#all.add(cell)
    return cell
  }
}

/** One cell from the outside. */
class Cell {
  /** Neither ended nor killed: a thread that was killed inside a native call ends late, and takes along what it is given. */
  isUsable = true
  #isReady = false
  readonly #link: Link
  readonly #clock: Clock
  readonly #ready: Promise<void>
  readonly #ended: Promise<void>
  #onMessage: (message: FromCell) => void = () => {}
  #onDeath: (how: string) => void = () => {}

  constructor(options: CellOptions, onEnd: () => void) {
    this.#clock = options.clock
    this.#link = options.type === 'thread' ? threadLink(options) : processLink(options)
    this.#ended = new Promise((resolve) => {
      this.#link.onEnd((how) => {
        this.isUsable = false
        onEnd()
        this.#onDeath(how)
        resolve()
      })
    })
    this.#ready = new Promise((resolve) => {
      this.#link.onMessage((given) => {
        const message = readFromCell(given)
        if (message === undefined) return
        if (message.kind !== 'ready') return this.#onMessage(message)
        this.#isReady = true
        resolve()
      })
    })
  }

  run(request: CellRun): Promise<Ran> {
    const { task, job, payload, signal, onProgress, onBegin } = request
    return new Promise<Ran>((resolve, reject) => {
      const timers: Timer[] = []
      const done = (settle: () => void): void => {
        for (const timer of timers) timer.cancel()
        signal.removeEventListener('abort', abort)
        this.#onDeath = () => {}
        this.#onMessage = () => {}
        settle()
      }
      const abort = (): void => {
        if (!this.#isReady) {
          end()
          return
        }
        this.#link.send({ kind: 'abort', reason: packError(signal.reason) })
        timers.push(this.#clock.after(KILL_GRACE_MS, end))
      }
      /** It is killed; how long it takes to die is not the job's concern. */
      const end = (): void => {
        void this.kill()
        done(() => reject(asError(signal.reason)))
      }
      this.#onDeath = (how) => done(() => reject(this.#deathOf(task, how)))
      this.#onMessage = (message) => {
        if (message.kind === 'progress') onProgress(message.progress)
        if (message.kind === 'ran') done(() => resolve(message.ran))
        if (message.kind === 'threw')
          done(() => reject(signal.aborted ? asError(signal.reason) : unpackError(message.error)))
      }
      if (signal.aborted || !this.isUsable) {
        if (signal.aborted) end()
        else this.#onDeath('it had ended before')
        return
      }
      signal.addEventListener('abort', abort, { once: true })
      const starting = this.#clock.after(CELL_START_MS_MAX, () => void this.kill())
      timers.push(starting)
      void this.#ready.then(() => {
        starting.cancel()
        if (signal.aborted || !this.isUsable) return
        onBegin()
        this.#link.send({ kind: 'run', task, job, payload })
      })
    })
  }

  #deathOf(task: string, how: string): Error {
    const make = this.#isReady ? workerErrors.MILLRACE_WORKER_CELL_DIED : workerErrors.MILLRACE_WORKER_CELL_NOT_STARTED
    return make({ task, how })
  }

  async kill(): Promise<void> {
    if (this.isUsable) this.#link.kill()
    this.isUsable = false
    await this.#ended
  }
}

/** A thread's port or a process's channel, alike. */
interface Link {
  send(message: ToCell): void
  kill(): void
  onMessage(listener: (message: unknown) => void): void
  onEnd(listener: (how: string) => void): void
}

function threadLink(options: CellOptions): Link {
  const thread = new Worker(options.entry, { resourceLimits: { maxOldGenerationSizeMb: options.heapMbMax } })
  let failure = ''
  thread.on('error', (error: Error) => {
    failure = error.message
  })
  return {
    send: (message) => thread.postMessage(message),
    kill: () => void thread.terminate(),
    onMessage: (listener) => thread.on('message', listener),
    onEnd: (listener) =>
      thread.on('exit', (code) => listener(failure === '' ? `its thread exited with ${code}` : failure)),
  }
}

function processLink(options: CellOptions): Link {
  const child = fork(options.entry, { execArgv: [...process.execArgv, `--max-old-space-size=${options.heapMbMax}`] })
  return {
    send: (message) => {
      if (child.connected) child.send(message)
    },
    kill: () => void child.kill('SIGKILL'),
    onMessage: (listener) => child.on('message', listener),
    onEnd(listener): void {
      child.once('error', (error) => listener(`its process could not be started: ${error.message}`))
      child.once('exit', (code, signal) =>
        listener(`its process ended ${signal === null ? `with code ${code}` : `by ${signal}`}`),
      )
    },
  }
}
