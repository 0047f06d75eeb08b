/** One supervised process: started, restarted with capped back-off when it ends by itself, stopped when asked. */
import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { EXIT } from '../app/run-process.ts'
import type { Clock, Timer } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import { hasFields } from '../kernel/messages.ts'

/** What a child process tells its supervisor. */
export type FromInstance =
  | { readonly kind: 'ready'; readonly address?: string }
  | { readonly kind: 'refused'; readonly sentence: string }

export const BACKOFF_MS = 100
export const BACKOFF_MS_MAX = 10_000
/** A process that has lived so long starts again without back-off. */
export const STEADY_MS = 30_000
/** After its drain time, how long a process may take to be gone before it is killed. */
const KILL_AFTER_MS = 5_000

export interface InstanceOptions {
  /** Stands before each of its lines: web, worker, … */
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly log: Log
  /** Takes a line of the process's output. */
  readonly onLine: (line: string) => void
  readonly onReady: (address: string | undefined) => void
  /** The process says that it cannot run, whatever is tried. */
  readonly onRefused: (sentence: string) => void
}

export class Instance {
  readonly name: string
  readonly #options: InstanceOptions
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()
  #restart: Timer | undefined
  #failures = 0
  #isStopping = false
  #isRestarting = false

  constructor(options: InstanceOptions) {
    this.name = options.name
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    if (this.#isStopping) return
    const { program, args, env, clock } = this.#options
    const startedAt = clock.monotonic()
    const child = fork(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.#child = child
    forwardLines(child.stdout, this.#options.onLine)
    forwardLines(child.stderr, this.#options.onLine)
    child.on('message', (message) => this.#hear(message))
    this.#exited = new Promise((resolve) => {
      const onEnd = (how: string, code: number | null): void => {
        if (this.#child !== child) return
        this.#child = undefined
        resolve()
        this.#onExit(how, code, clock.monotonic() - startedAt)
      }
      child.once('error', (error) => onEnd(`it could not be started: ${error.message}`, null))
      child.once('exit', (code, signal) => onEnd(signal === null ? `with code ${code}` : `by ${signal}`, code))
    })
  }

  /** Ends the process and starts it afresh: its code has changed. */
  async restart(drainMs: number): Promise<void> {
    if (this.#isStopping || this.#isRestarting) return
    this.#isRestarting = true
    this.#restart?.cancel()
    await this.#end(drainMs)
    this.#isRestarting = false
    this.#failures = 0
    this.start()
  }

  /** Asks the process to finish, kills it when it does not in time. Safe twice. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true
    this.#restart?.cancel()
    await this.#end(drainMs)
  }

  /** Ends it at once. */
  kill(): void {
    this.#isStopping = true
    this.#child?.kill('SIGKILL')
  }

  async #end(drainMs: number): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    child.kill('SIGTERM')
    const { clock, log } = this.#options
    const timer = clock.after(drainMs + KILL_AFTER_MS, () => {
      log.warn({ instance: this.name, pid: child.pid }, 'a process did not stop in time and was killed')
      child.kill('SIGKILL')
    })
    await this.#exited
    timer.cancel()
  }

  /** What is none of ours was sent by the application's own code, to whom it may concern. */
  #hear(given: unknown): void {
    const message = readFromInstance(given)
    if (message?.kind === 'ready') this.#options.onReady(message.address)
    if (message?.kind === 'refused') this.#options.onRefused(message.sentence)
  }

  #onExit(how: string, code: number | null, livedMs: number): void {
    if (this.#isStopping || this.#isRestarting) return
    const { clock, log, onRefused } = this.#options
    if (code === EXIT.refused) {
      onRefused(`${this.name} ended ${how}`)
      return
    }
    this.#failures = livedMs >= STEADY_MS ? 0 : this.#failures + 1
    const waitMs = this.#failures === 0 ? 0 : Math.min(BACKOFF_MS * 2 ** (this.#failures - 1), BACKOFF_MS_MAX)
    log.warn({ instance: this.name, againInMs: waitMs }, `${this.name} ended ${how}; it is started again`)
    this.#restart = clock.after(waitMs, () => this.start())
  }
}

function readFromInstance(message: unknown): FromInstance | undefined {
  if (!hasFields(message, { kind: 'string' })) return undefined
  const { kind, address, sentence } = message
  if (kind === 'refused') return typeof sentence === 'string' ? { kind, sentence } : undefined
  if (kind !== 'ready') return undefined
  if (address === undefined) return { kind }
  return typeof address === 'string' ? { kind, address } : undefined
}

function forwardLines(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine)
}
