/**
 * One connection out of the pool, with a deadline on every call. A connection that missed a deadline is destroyed: its
 * answer may still arrive and would be taken for the next statement's.
 */
import type { Duplex } from 'node:stream'
import type pg from 'pg'
import type { Clock } from '../kernel/clock.ts'
import { withDeadline } from '../kernel/clock.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { dataErrors } from './errors.ts'
import type { Statement } from './sql.ts'

/** The part of a result that callers use. */
export interface Result<Row> {
  readonly rows: Row[]
  readonly rowCount: number | null
  readonly command: string
}

export interface QueryOptions {
  /** Milliseconds until the call is given up and its connection destroyed. */
  readonly deadlineMs?: number
}

export type Row = Record<string, unknown>

export class Connection {
  readonly #client: pg.PoolClient
  readonly #clock: Clock
  readonly #deadlineMs: number
  #broken: Error | undefined
  #released = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(client: pg.PoolClient, clock: Clock, deadlineMs: number) {
    this.#client = client
    this.#clock = clock
    this.#deadlineMs = deadlineMs
    client.on('error', this.#onError)
  }

  /** True once the connection can serve nobody any more. */
  get isBroken(): boolean {
    return this.#broken !== undefined
  }

  /** @throws MILLRACE_DATA_DEADLINE, MILLRACE_DATA_UNREACHABLE, or PostgreSQL's own error as `pg` gives it. */
  async query<R = Row>(
    statement: Statement | string,
    values: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<Result<R>> {
    const deadlineMs = options.deadlineMs ?? this.#deadlineMs
    const answer = this.#inTurn(() => this.#send(statement, values))
    try {
      return (await withDeadline(this.#clock, deadlineMs, answer, () => this.#miss(statement, deadlineMs))) as Result<R>
    } catch (thrown) {
      throw this.#judge(asError(thrown))
    }
  }

  /**
   * Sends several statements at once: all of them take one round trip. Each is run, whatever becomes of those before it, so
   * it is for a transaction, in which nothing runs after an error. Answers what became of each, in their order.
   *
   * @throws MILLRACE_DATA_DEADLINE when it takes longer than a call may.
   */
  async queryTogether(
    statements: readonly (readonly [Statement | string, readonly unknown[]])[],
  ): Promise<readonly PromiseSettledResult<Result<Row>>[]> {
    const send = (): Promise<PromiseSettledResult<Result<Row>>[]> =>
      this.#inOneWrite(() =>
        Promise.allSettled(
          statements.map(([statement, values]) =>
            this.#send(statement, values).catch((thrown: unknown) => {
              throw this.#judge(asError(thrown))
            }),
          ),
        ),
      )
    const late = (): Error => this.#miss(statements.at(-1)?.[0] ?? '', this.#deadlineMs)
    return withDeadline(this.#clock, this.#deadlineMs, this.#inTurn(send), late)
  }

  /** Gives the connection back, or destroys it when it is broken. Safe twice. */
  release(): void {
    if (this.#released) return
    this.#released = true
    this.#client.off('error', this.#onError)
    // the socket of a broken one may still complain while it is torn down
    if (this.#broken !== undefined) this.#client.on('error', () => {})
    this.#client.release(this.#broken)
  }

  /** Ends the connection's usefulness at once: what waits for its answer fails, `release` will destroy it. */
  destroy(why: Error): void {
    this.#broken ??= why
    this.#stream.destroy()
  }

  /** The socket: `pg` has it, its types do not. */
  get #stream(): Duplex {
    return (this.#client as unknown as { readonly connection: { readonly stream: Duplex } }).connection.stream
  }

  /** What `send` writes goes to the server in one write: each would cost as much as its statement. */
  #inOneWrite<T>(send: () => T): T {
    this.#stream.cork()
    try {
      return send()
    } finally {
      this.#stream.uncork()
    }
  }

  /** One call at a time: statements that were sent side by side inside a transaction take turns. */
  #inTurn<T>(send: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(send)
    this.#last = answer.catch(() => {})
    return answer
  }

  #send(statement: Statement | string, values: readonly unknown[]): Promise<Result<Row>> {
    const config = typeof statement === 'string' ? { text: statement } : statement
    return this.#client.query({ ...config, values: values as unknown[] })
  }

  readonly #onError = (error: Error): void => {
    this.#broken ??= error
  }

  #miss(statement: Statement | string, deadlineMs: number): Error {
    const late = dataErrors.MILLRACE_DATA_DEADLINE({ statement: describe(statement), deadlineMs })
    this.destroy(late)
    return late
  }

  #judge(error: Error): Error {
    if (this.#broken === undefined && !isConnectionLoss(error)) return error
    this.#broken ??= error
    return asDataError(error)
  }
}

/** The statement as an error names it: the prepared name, or how the text begins. Never its values. */
export function describe(statement: Statement | string): string {
  return typeof statement === 'string' ? JSON.stringify(statement.trim().slice(0, 60)) : statement.name
}

const LOST_CODES = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
])

/** True when the connection, not the statement, is at fault. */
export function isConnectionLoss(error: Error): boolean {
  const code = (error as Error & { readonly code?: unknown }).code
  if (typeof code === 'string') return LOST_CODES.has(code) || code.startsWith('08')
  return /Connection terminated|Client has encountered a connection error|not queryable/.test(error.message)
}

/** A lost connection as MILLRACE_DATA_UNREACHABLE; an error that has a code of ours already stays as it is. */
export function asDataError(error: Error): Error {
  if (isMillraceError(error)) return error
  return dataErrors.MILLRACE_DATA_UNREACHABLE({ why: error.message }, error)
}
