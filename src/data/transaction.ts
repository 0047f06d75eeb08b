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
  /** Runs `work` under a savepoint: what it did is undone, alone, when it throws. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}

export class OpenTransaction implements Transaction {
  readonly #connection: Connection
  #afterCommit: (() => void)[] = []
  #savepoints = 0
  #isOver = false

  constructor(connection: Connection) {
    this.#connection = connection
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

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const savepoint = `millrace_${++this.#savepoints}`
    const callbacks = this.#afterCommit.length
    await this.query(`savepoint ${savepoint}`)
    try {
      const result = await work(this)
      await this.query(`release savepoint ${savepoint}`)
      return result
    } catch (thrown) {
      this.#afterCommit.length = callbacks
      if (!this.#connection.isBroken) await this.query(`rollback to savepoint ${savepoint}`)
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
    for (const run of this.#afterCommit) run()
  }

  /** Never throws: a connection that cannot even roll back is destroyed, which rolls back. */
  async rollback(): Promise<void> {
    this.#isOver = true
    if (this.#connection.isBroken) return
    await this.#connection.query('rollback').catch((thrown: unknown) => this.#connection.destroy(asError(thrown)))
  }
}
