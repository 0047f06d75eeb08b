/**
 * The database handle of a process: a pool whose every call has a deadline, and transactions that whatever runs inside
 * them joins by itself (AsyncLocalStorage).
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { asDataError, Connection, type QueryOptions, type Result, type Row } from './connection.ts'
import { dataErrors } from './errors.ts'
import type { Statement } from './sql.ts'
import { OpenTransaction, type Queryable, type Transaction } from './transaction.ts'

export interface DatabaseOptions {
  readonly url: string
  /** Connections at most. */
  readonly poolMax: number
  /** Milliseconds that a call may take unless it says otherwise. */
  readonly deadlineMs?: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** Server settings of every connection, over the defaults below. */
  readonly server?: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly log: Log
}

export const DEADLINE_MS = 30_000
/** How long a caller waits for a free connection, and for a new one to be made. */
export const CHECKOUT_MS_MAX = 5_000
const IDLE_MS_MAX = 30_000

/** What Kysely and other libraries take for a `pg.Pool`. */
export interface PoolLike {
  readonly options: object
  connect(): Promise<PoolLikeClient>
  end(): Promise<void>
}
export interface PoolLikeClient {
  query<R>(text: string, values: readonly unknown[]): Promise<PoolLikeResult<R>>
  /** Cursors are not for this pool: their reads would have no deadline. */
  query<C extends object>(cursor: C): C
  release(): void
}
export interface PoolLikeResult<R> {
  readonly command: 'UPDATE' | 'DELETE' | 'INSERT' | 'SELECT' | 'MERGE'
  readonly rowCount: number
  readonly rows: R[]
}

export class Database implements Queryable {
  readonly url: string
  readonly #options: DatabaseOptions
  readonly #pool: pg.Pool
  readonly #ambient = new AsyncLocalStorage<OpenTransaction | undefined>()

  constructor(options: DatabaseOptions) {
    this.url = options.url
    this.#options = options
    this.#pool = new pg.Pool({
      connectionString: options.url,
      max: options.poolMax,
      connectionTimeoutMillis: CHECKOUT_MS_MAX,
      idleTimeoutMillis: IDLE_MS_MAX,
      allowExitOnIdle: true,
      application_name: options.applicationName,
      keepAlive: true,
      pipeline: true, // a transaction's last statement goes out with its COMMIT
      options: serverOptions({
        // the server gives up shortly after we do, so that no orphaned statement goes on holding locks
        statement_timeout: String((options.deadlineMs ?? DEADLINE_MS) + 1_000),
        default_transaction_isolation: 'read committed',
        search_path: 'public',
        ...options.server,
      }),
    })
    // a connection that breaks on its way from the pool to us has no listener yet: its first statement will tell
    this.#pool.on('connect', (client) => client.on('error', () => {}))
    this.#pool.on('error', (error) => options.log.debug({ err: error }, 'an idle database connection was lost'))
  }

  /** The transaction that the caller runs in, if any. */
  get current(): Transaction | undefined {
    return this.#ambient.getStore()
  }

  /**
   * Runs one statement, inside the surrounding transaction when there is one.
   *
   * @throws MILLRACE_DATA_DEADLINE, MILLRACE_DATA_UNREACHABLE, MILLRACE_DATA_POOL_EXHAUSTED, or PostgreSQL's own error.
   */
  async query<R = Row>(
    statement: Statement | string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<Result<R>> {
    const tx = this.#ambient.getStore()
    if (tx !== undefined) return tx.query<R>(statement, values, options)
    const connection = await this.#checkout()
    try {
      return await connection.query<R>(statement, values, options)
    } finally {
      connection.release()
    }
  }

  /**
   * Runs `work` in a transaction: committed when it resolves, rolled back when it throws. `db.query`, `submit` and a
   * Kysely made over `db.pool` join it by themselves. Inside another transaction it is a savepoint of that one.
   *
   * @throws MILLRACE_DATA_COMMIT_UNKNOWN when the connection is lost during COMMIT.
   * @example
   * await db.transaction(async (tx) => {
   *   await tx.query('insert into photo (id) values ($1)', [id])
   *   await submit(renderPhoto, { photoId: id })
   * })
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const outer = this.#ambient.getStore()
    if (outer !== undefined) return outer.nest((nested) => this.#ambient.run(nested, async () => work(nested)))
    const connection = await this.#checkout()
    const tx = new OpenTransaction(connection, (error) =>
      this.#options.log.error({ err: error }, 'what was to happen after a commit failed'),
    )
    try {
      await connection.query('begin')
      const result = await this.#ambient
        .run(tx, async () => work(tx))
        .catch(async (thrown: unknown) => {
          await tx.rollback()
          throw thrown
        })
      await tx.commit()
      return result
    } finally {
      connection.release()
    }
  }

  /** Runs `work` outside the surrounding transaction: what it does stays, whatever becomes of that one. */
  outsideTransaction<T>(work: () => Promise<T>): Promise<T> {
    return this.#ambient.run(undefined, work)
  }

  /** For Kysely's PostgresDialect and the like: hands out the surrounding transaction's connection, or a pooled one. */
  get pool(): PoolLike {
    return {
      options: {},
      connect: async () => {
        const tx = this.#ambient.getStore()
        if (tx !== undefined) return poolClient(new NestedStatements(tx), () => {})
        const connection = await this.#checkout()
        return poolClient(connection, () => connection.release())
      },
      end: async () => {},
    }
  }

  /** Closes every connection once it is free. Safe twice. */
  async end(): Promise<void> {
    if (!this.#pool.ended && !this.#pool.ending) await this.#pool.end()
  }

  async #checkout(): Promise<Connection> {
    const { clock, poolMax, deadlineMs = DEADLINE_MS } = this.#options
    const client = await this.#pool.connect().catch((thrown: unknown) => {
      const error = asError(thrown)
      const isFull = /timeout exceeded when trying to connect/.test(error.message) && this.#pool.totalCount >= poolMax
      if (!isFull) throw asDataError(error)
      throw dataErrors.MILLRACE_DATA_POOL_EXHAUSTED({ max: poolMax, waitedMs: CHECKOUT_MS_MAX }, error)
    })
    return new Connection(client, clock, deadlineMs)
  }
}

/**
 * What another library sends into a surrounding transaction: its BEGIN, COMMIT and ROLLBACK become a savepoint's, or it
 * would end the surrounding transaction under its owner.
 */
class NestedStatements implements Queryable {
  readonly #tx: Transaction

  constructor(tx: Transaction) {
    this.#tx = tx
  }

  query<R>(statement: Statement | string, values?: readonly unknown[], options?: QueryOptions): Promise<Result<R>> {
    const text = typeof statement === 'string' ? statement.trim().toLowerCase() : ''
    if (/^(begin|start transaction)\b/.test(text)) return this.#tx.query('savepoint millrace_pool')
    if (/^(commit|end)\b/.test(text)) return this.#tx.query('release savepoint millrace_pool')
    if (/^rollback$/.test(text)) return this.#tx.query('rollback to savepoint millrace_pool')
    return this.#tx.query(statement, values, options)
  }
}

function poolClient(queryable: Queryable, release: () => void): PoolLikeClient {
  const query = (text: string, values: readonly unknown[]): Promise<Result<Row>> => queryable.query(text, values)
  return { query: query as PoolLikeClient['query'], release }
}

/** Settings as the `options` of a connection, with what they would be split at escaped. */
function serverOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ')
}
