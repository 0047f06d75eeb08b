import { type ForeignLibrary, hasMethods, rowsOf, type Send } from './library.ts'

/** What `postgres` (postgres.js) hands to `sql.begin(async (sql) => …)`, or to `sql.savepoint` within it. */
export interface PostgresJsTransaction {
  unsafe(query: string, parameters?: never): PromiseLike<readonly unknown[]>
  savepoint(name: string, work: never): Promise<unknown>
}

/**
 * A connection of `sql.reserve()` is refused: nothing about it tells what its user has begun. Booleans stay booleans on
 * the way: postgres.js writes any text that stands for one as false.
 */
export const postgresJsLibrary: ForeignLibrary = {
  name: 'postgres',
  sendOver(tx): Send | 'not-open' | undefined {
    if (typeof tx !== 'function' || !hasMethods(tx, 'unsafe', 'typed')) return undefined
    if (!hasMethods(tx, 'savepoint')) return 'not-open'
    const { unsafe } = tx as unknown as {
      unsafe(text: string, values: readonly unknown[]): PromiseLike<readonly unknown[]>
    }
    return async (text, values) => rowsOf(await unsafe(text, [...values]))
  },
}
