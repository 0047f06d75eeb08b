/** A transaction: one connection between BEGIN and COMMIT, and what is to happen after the commit. */
import { asError, isMillraceError } from '../kernel/errors.ts'
import type { Connection, QueryOptions, Result, Row } from './connection.ts'
import { dataErrors } from './errors.ts'
import type { Statement } from './sql.ts'

/** Anything that runs statements: the database, a transaction, or a client of the user's own `pg`. */
export interface Queryable {
  query<R = Row>(statement: Statement | string, values?: readonly unknown[], options?: QueryOptions): Promise<Result<R>>
}

export interface Transaction extends Queryable {
  /** Calls `run` once the outermost transaction has committed; never when it, or this savepoint, was rolled back. */
  afterCommit(run: () => void): void
  /**
   * Runs `work` under a savepoint: what it did is undone, alone, when it throws. Those started side by side take turns:
   * savepoints of one connection can only lie inside one another.
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}

export class OpenTransaction implements Transaction {
  readonly #connection: Connection
  readonly #onHookError: (error: Error) => void
  readonly #depth: number
  #afterCommit: (() => void)[] = []
  #turn: Promise<unknown> = Promise.resolve()
  #isOver = false

  constructor(connection: Connection, onHookError: (error: Error) => void, depth = 0) {
    this.#connection = connection
    this.#onHookError = onHookError
    this.#depth = depth
  }

  async query<R = Row>(
    statement: Statement | string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<Result<R>> {
    if (this.#isOver) throw dataErrors.MILLRACE_DATA_TRANSACTION_OVER({})
    return this.#connection.query<R>(statement, values, options)
  }

  afterCommit(run: () => void): void {
    if (this.#isOver) throw dataErrors.MILLRACE_DATA_TRANSACTION_OVER({})
    this.#afterCommit.push(run)
  }

  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.nest(work)
  }

  /** `transaction`, for who must know the savepoint's own handle. */
  nest<T>(work: (tx: OpenTransaction) => Promise<T>): Promise<T> {
    const nested = this.#turn.then(() => this.#nest(work))
    this.#turn = nested.catch(() => {})
    return nested
  }

  async #nest<T>(work: (tx: OpenTransaction) => Promise<T>): Promise<T> {
    const child = new OpenTransaction(this.#connection, this.#onHookError, this.#depth + 1)
    const savepoint = `millrace_${child.#depth}`
    await this.query(`savepoint ${savepoint}`)
    try {
      const result = await work(child)
      child.#isOver = true
      await this.query(`release savepoint ${savepoint}`)
      this.#afterCommit.push(...child.#afterCommit)
      return result
    } catch (thrown) {
      child.#isOver = true
      if (!this.#connection.isBroken && !this.#isOver) {
        await this.query(`rollback to savepoint ${savepoint}`)
        await this.query(`release savepoint ${savepoint}`)
      }
      throw thrown
    }
  }

  /**
   * @throws MILLRACE_DATA_COMMIT_UNKNOWN when the connection is lost on the way, MILLRACE_DATA_TRANSACTION_ABORTED when a
   * failed statement had already doomed the transaction, or PostgreSQL's own error (a deferred constraint).
   */
  async commit(): Promise<void> {
    this.#isOver = true
    const { command } = await this.#connection.query('commit').catch((thrown: unknown) => {
      const error = asError(thrown)
      throw isMillraceError(error) ? dataErrors.MILLRACE_DATA_COMMIT_UNKNOWN({}, error) : error
    })
    if (command !== 'COMMIT') throw dataErrors.MILLRACE_DATA_TRANSACTION_ABORTED({})
    for (const run of this.#afterCommit) this.#runHook(run)
  }

  /** Never throws: a connection that cannot even roll back is destroyed, which rolls back. */
  async rollback(): Promise<void> {
    this.#isOver = true
    if (this.#connection.isBroken) return
    await this.#connection.query('rollback').catch((thrown: unknown) => this.#connection.destroy(asError(thrown)))
  }

  /** What was committed stays committed, whatever comes after it. */
  #runHook(run: () => void): void {
    try {
      run()
    } catch (thrown) {
      this.#onHookError(asError(thrown))
    }
  }
}
