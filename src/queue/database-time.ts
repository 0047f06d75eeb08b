import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'

const readTimeStatement = sql(import.meta.url, 'sql/read-time.sql')

/** What time it is by the database's clock, which all processes share: milliseconds since 1970. */
export async function readDatabaseTime(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ now_ms: number }>(readTimeStatement)
  return rows[0]?.now_ms ?? Number.NaN
}
