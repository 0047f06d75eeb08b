/** One run of the server, from its start to its end. */
import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import { ServerLog } from './server-log.ts'

/** How long the last lines of an ended server may be on their way; processes that outlive it keep the pipe open. */
const OUTPUT_MS_MAX = 1_000

export class ServerProcess {
  readonly program: string
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #output: ServerLog
  readonly #ended = new AbortController()
  readonly #closed = new AbortController()
  #spokeAt = 0
  #spawnError: Error | undefined

  constructor(child: ChildProcess, parts: { readonly program: string; readonly log: Log; readonly clock: Clock }) {
    this.program = parts.program
    this.#child = child
    this.#clock = parts.clock
    this.#output = new ServerLog(parts.log, () => {
      this.#spokeAt = parts.clock.monotonic()
    })
    if (child.stderr) this.#output.follow(child.stderr)
    child.stdout?.resume()
    child.once('exit', () => this.#ended.abort())
    child.once('close', () => this.#closed.abort())
    child.once('error', (error) => {
      if (child.pid !== undefined) return // a signal could not be sent: whoever waits for the end sees that it lives
      this.#spawnError = error
      this.#ended.abort()
      this.#closed.abort()
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Aborts when the process has ended, or could not be started at all. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Why it could not be started at all. */
  get spawnError(): Error | undefined {
    return this.#spawnError
  }

  /** When it last said something, on the monotonic clock. */
  get spokeAt(): number {
    return this.#spokeAt
  }

  get lastLines(): readonly string[] {
    return this.#output.lastLines
  }

  /** How it ended: the rest of a sentence that begins with its name. */
  get reason(): string {
    const { exitCode, signalCode } = this.#child
    return signalCode === null ? `ended with code ${exitCode}` : `was ended by ${signalCode}`
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async goneWithin(ms: number): Promise<boolean> {
    await this.#clock.sleep(ms, this.ended)
    return this.ended.aborted
  }

  /** Resolves when its last lines were read. */
  async outputRead(): Promise<void> {
    await this.#clock.sleep(OUTPUT_MS_MAX, this.#closed.signal)
  }
}
