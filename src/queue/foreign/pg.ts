import { type ForeignLibrary, hasMethods, member, rowsOf, type Send } from './library.ts'

/** A `Client` or `PoolClient` of `pg` (or of what is made like it) after BEGIN. A `pg.Pool` is none: it has a connection per statement. */
export interface PgTransaction {
  query(config: { readonly text: string; readonly values: unknown[] }): Promise<{ readonly rows: unknown[] }>
  readonly totalCount?: never
}

/** Whether BEGIN was said, only the database can tell: same-transaction.ts asks it. */
export const pgLibrary: ForeignLibrary = {
  name: 'pg',
  sendOver(tx): Send | 'not-open' | undefined {
    if (!hasMethods(tx, 'query')) return undefined
    if (member(tx, 'totalCount') !== undefined) return 'not-open'
    const client = tx as PgTransaction
    return async (text, values) => rowsOf(await client.query({ text, values: [...values] }))
  },
}
