/** The databases of a process whose life the test holds: its code's own, and its engine's. */
import type { QueryOptions, Result, Row } from '../data/connection.ts'
import { Database, type DatabaseOptions } from '../data/database.ts'
import { dataErrors } from '../data/errors.ts'
import type { Statement } from '../data/sql.ts'
import type { Transaction } from '../data/transaction.ts'
import type { FailurePoint } from './failures.ts'
import type { Life } from './life.ts'

/** What handlers and routes have. */
export class FailingDatabase extends Database {
  readonly #life: Life

  constructor(options: DatabaseOptions, life: Life) {
    super(options)
    this.#life = life
  }

  override query<R = Row>(
    statement: Statement | string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<Result<R>> {
    return this.#life.whileAlive(() => super.query<R>(statement, values, options))
  }

  override async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    // a transaction within another is a savepoint: it has no COMMIT
    if (this.current !== undefined) return this.#life.whileAlive(() => super.transaction(work))
    const made = await this.#life.whileAlive(() =>
      super.transaction(async (tx) => {
        const result = await work(tx)
        await this.#life.reach('commit')
        return result
      }),
    )
    await this.#life.reach('commit:answer-lost')
    return made
  }
}

/** Statements of the engine, by how their names begin, that are points. */
const POINTS: readonly (readonly [prefix: string, point: FailurePoint])[] = [
  ['millrace:claim', 'claim'],
  ['millrace:settle', 'settle'],
  ['millrace:carve', 'settle'],
  ['millrace:close-leases', 'settle'],
]

/** What the engine of a worker has. In a life that is over it fails: its loops must find an end, handlers need not. */
export class FailingEngineDatabase extends Database {
  readonly #life: Life

  constructor(options: DatabaseOptions, life: Life) {
    super(options)
    this.#life = life
  }

  override async query<R = Row>(
    statement: Statement | string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<Result<R>> {
    const point = pointOf(statement)
    if (point !== undefined) await this.#orDie(this.#life.reach(point))
    return this.#orDie(super.query<R>(statement, values, options))
  }

  /** A life that ends meanwhile counts as an answer that was lost. */
  async #orDie<T>(work: Promise<T>): Promise<T> {
    const dead = Symbol('dead')
    const made = await Promise.race([work, this.#life.over.then(() => dead)])
    if (this.#life.isOver) {
      work.catch(() => {}) // nobody is left to hear of it
      throw dataErrors.MILLRACE_DATA_UNREACHABLE({ why: 'the test has killed this process' })
    }
    return made as T
  }
}

function pointOf(statement: Statement | string): FailurePoint | undefined {
  if (typeof statement === 'string') return undefined
  return POINTS.find(([prefix]) => statement.name.startsWith(prefix))?.[1]
}
