/** The server's own log lines, into ours, each at the level that its reader would give it. */
import type { Readable } from 'node:stream'
import type { Log } from '../../kernel/log.ts'

/** A longer line is cut: one statement with a huge literal must not fill the memory. */
export const LINE_CHARS_MAX = 2_000

/** How many lines are kept for the message of an error. */
export const LAST_LINES_MAX = 12

/** Who wrote the line, so that a client's mistake is told from the server's trouble. */
export const LOG_LINE_PREFIX = '[%b %p] '

type Level = 'debug' | 'info' | 'warn' | 'error'

const LINE = /^(?:\[([a-z ]+) \d+\] )?([A-Z]+\d?):\s+(.*)$/

/** Lines that belong to the one before them. */
const CONTINUES = new Set(['DETAIL', 'HINT', 'CONTEXT', 'STATEMENT', 'QUERY', 'LOCATION', 'BACKTRACE'])

/** What every start and stop says to clients that knock or stay, our own first knock at a new server among them. */
const ROUTINE =
  /^(the database system is |terminating connection due to administrator command|database "millrace" does not exist)/

/** A server process died and all others with it: told by the postmaster as mere LOG lines. */
const CRASH =
  /^(server process .*(was terminated by|exited with)|terminating any other active|all server processes terminated)/

const RECOVERY = /(automatic recovery in progress|redo in progress|syncing data directory)/

/** The level for a line of PostgreSQL's log; undefined for one that continues another. */
export function levelOf(severity: string, writer: string, text: string): Level | undefined {
  if (CONTINUES.has(severity)) return undefined
  const isClient = writer === 'client backend' || writer === 'not initialized'
  switch (severity) {
    case 'PANIC':
      return 'error'
    case 'FATAL':
      if (ROUTINE.test(text)) return 'debug'
      return isClient ? 'warn' : 'error'
    case 'ERROR':
      return isClient ? 'debug' : 'error' // the client was told, and knows whether it matters
    case 'WARNING':
      return 'warn'
    default:
      if (CRASH.test(text)) return 'warn'
      return RECOVERY.test(text) ? 'info' : 'debug'
  }
}

/** Reads the server's standard error line by line. `onLine` hears every line; `lastLines` keeps the newest. */
export class ServerLog {
  readonly #log: Log
  readonly #onLine: (line: string) => void
  readonly #lastLines: string[] = []
  #rest = ''
  #isSkipping = false
  #level: Level = 'debug'

  constructor(log: Log, onLine: (line: string) => void) {
    this.#log = log
    this.#onLine = onLine
  }

  get lastLines(): readonly string[] {
    return this.#lastLines
  }

  follow(stream: Readable): void {
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#take(text))
    stream.on('end', () => this.#take('\n'))
    stream.on('error', (error) => this.#log.warn({ err: error }, 'the log of PostgreSQL cannot be read'))
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      if (this.#isSkipping) this.#isSkipping = false
      else this.#write(line)
    }
    if (this.#rest.length <= LINE_CHARS_MAX) return
    if (!this.#isSkipping) this.#write(this.#rest)
    this.#isSkipping = true
    this.#rest = ''
  }

  #write(raw: string): void {
    const line = raw.slice(0, LINE_CHARS_MAX).trim()
    if (line === '') return
    this.#lastLines.push(line)
    if (this.#lastLines.length > LAST_LINES_MAX) this.#lastLines.shift()
    const [, writer, severity, text] = LINE.exec(line) ?? []
    this.#level = (severity && levelOf(severity, writer ?? 'postmaster', text ?? '')) || this.#level
    this.#log[this.#level](severity && !CONTINUES.has(severity) ? (text ?? line) : line)
    this.#onLine(line)
  }
}
