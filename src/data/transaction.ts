/** A transaction: one connection between BEGIN and COMMIT, and what is to happen after the commit. */
import { strict as assert } from 'node:assert'
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

/** A statement that goes out together with COMMIT, and what its error means. */
interface Last {
  readonly statement: Statement
  readonly values: readonly unknown[]
  readonly judge: (error: Error) => Error
}

export class OpenTransaction implements Transaction {
  readonly #connection: Connection
  readonly #onHookError: (error: Error) => void
  readonly #depth: number
  #afterCommit: (() => void)[] = []
  /** What goes out together with COMMIT. */
  readonly #last: Last[] = []
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

  /**
   * Runs a statement with the COMMIT, in the same round trip. It must fail when the transaction is not to commit: nobody
   * looks at its rows. `judge` makes of its error what `commit` throws. Only in the outermost transaction.
   */
  withCommit(statement: Statement, values: readonly unknown[], judge: (error: Error) => Error): void {
    assert.ok(!this.#isOver && this.#depth === 0, 'it is open, and no savepoint')
    this.#last.push({ statement, values, judge })
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
    const { command } = await this.#sendCommit()
    if (command !== 'COMMIT') throw dataErrors.MILLRACE_DATA_TRANSACTION_ABORTED({})
    for (const run of this.#afterCommit) this.#runHook(run)
  }

  async #sendCommit(): Promise<Result<Row>> {
    const unknown = (error: Error): Error => dataErrors.MILLRACE_DATA_COMMIT_UNKNOWN({}, error)
    const statements = this.#last.map(({ statement, values }) => [statement, values] as const)
    const answers = await this.#connection
      .queryTogether([...statements, ['commit', []]])
      .catch((thrown: unknown) => Promise.reject(unknown(asError(thrown))))
    let last: Result<Row> | undefined
    for (const [n, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') last = answer.value
      else if (isMillraceError(answer.reason)) throw unknown(answer.reason)
      else if (isAborted(answer.reason)) throw dataErrors.MILLRACE_DATA_TRANSACTION_ABORTED({}, answer.reason)
      else throw this.#last[n]?.judge(answer.reason) ?? answer.reason
    }
    return last as Result<Row>
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

/** What PostgreSQL says to the first statement after one that failed: it has done nothing, and is not to blame. */
function isAborted(error: { readonly code?: unknown }): boolean {
  return error.code === '25P02'
}
