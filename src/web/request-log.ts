/**
 * The log of a request: made when something is said. Most requests say nothing, and making a child of the process's log,
 * with its redaction, takes longer than routing the request.
 */
import type { Bindings, ChildLoggerOptions, LevelWithSilent } from 'pino'
import type { Log } from '../kernel/log.ts'

type Method = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export class RequestLog {
  readonly #parent: Log
  readonly #bindings: Bindings
  readonly #options: ChildLoggerOptions
  #made: Log | undefined

  constructor(parent: Log, bindings: Bindings, options: ChildLoggerOptions) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  get level(): LevelWithSilent | string {
    return this.#log.level
  }

  trace(...words: readonly unknown[]): void {
    this.#say('trace', words)
  }
  debug(...words: readonly unknown[]): void {
    this.#say('debug', words)
  }
  info(...words: readonly unknown[]): void {
    this.#say('info', words)
  }
  warn(...words: readonly unknown[]): void {
    this.#say('warn', words)
  }
  error(...words: readonly unknown[]): void {
    this.#say('error', words)
  }
  fatal(...words: readonly unknown[]): void {
    this.#say('fatal', words)
  }
  silent(): void {}

  child(bindings: Bindings, options?: ChildLoggerOptions): Log {
    return this.#log.child(bindings, options)
  }

  get #log(): Log {
    this.#made ??= this.#parent.child(this.#bindings, this.#options)
    return this.#made
  }

  #say(method: Method, words: readonly unknown[]): void {
    if (this.#parent.isLevelEnabled(method)) Reflect.apply(this.#log[method], this.#log, words)
  }
}
