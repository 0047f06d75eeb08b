/** The log: pino, one JSON object a line, or readable lines on a terminal. */
import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { asError } from './errors.ts'

export type Log = Logger

export type LogFormat = 'json' | 'text'

/** Values that never reach a log line, wherever in an object they stand. */
const SECRET_PATHS = ['password', 'secret', 'token', 'authorization', 'cookie']
  .flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  .concat('req.headers.authorization', 'req.headers.cookie')

/**
 * Opens the log of one process. `name` is the process's role (web, worker, …) and stands on every line.
 * Writes to standard output; a reader that goes away costs lines, never the process.
 */
export function openLog(options: {
  readonly name: string
  readonly level: string
  readonly format: LogFormat
  /** Default: standard output. */
  readonly fd?: 1 | 2
}): Log {
  const { format, fd = 1 } = options
  const out = format === 'text' ? readable(destination({ fd, sync: true })) : destination({ fd, sync: true })
  const redact = { paths: SECRET_PATHS, censor: '[hidden]' }
  return pino({ name: options.name, level: options.level, redact, serializers: { err: wordsOf } }, out)
}

/**
 * What an error says, and what those say that caused it; nothing of what else hangs on it. Clients of other services hang on
 * theirs what they had sent, tokens included, and no list of names knows where.
 */
function wordsOf(thrown: unknown): object {
  const error: Error & { readonly code?: unknown; readonly remedy?: unknown } = asError(thrown)
  const { type, message, stack } = pino.stdSerializers.err(error)
  const { code, remedy } = error
  const errors = error instanceof AggregateError ? { errors: error.errors.map(wordsOf) } : {}
  return { type, message, stack, ...(typeof code === 'string' ? { code, remedy } : {}), ...errors }
}

/** A log that says nothing: for tests. */
export function silentLog(): Log {
  return pino({ level: 'silent' })
}

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: '',
  40: 'warning',
  50: 'ERROR',
  60: 'FATAL',
}

/** Lines for people: the sentence first, the facts after it, control characters, and those that turn text, made visible. */
function readable(out: DestinationStream): DestinationStream {
  return {
    write(line: string): void {
      const { level, time: _time, pid: _pid, hostname: _hostname, name: _name, msg, err, ...facts } = JSON.parse(line)
      const parts = [LEVELS[level], msg, ...Object.entries(facts).map(([k, v]) => `${k}=${fact(v)}`)]
      const text = parts.filter((part) => part !== undefined && part !== '').join(' ')
      out.write(`${escapeControls(text)}\n`)
      if (err) out.write(`${errorLines(err)}\n`)
    },
  }
}

function fact(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function errorLines(err: { readonly stack?: string; readonly message?: string; readonly remedy?: string }): string {
  const stack = (err.stack ?? err.message ?? '').split('\n').slice(0, 8).map(escapeControls)
  return [...stack, ...(err.remedy ? [`    what to do: ${err.remedy}`] : [])].map((l) => `  ${l}`).join('\n')
}

function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
