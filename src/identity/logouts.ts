/** Logouts that the provider tells of: each is carried out once, and again only where that failed half-way. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { LogoutToken } from './provider.ts'

const noteStatement = sql(import.meta.url, 'sql/note-logout-token.sql')
const carriedOutStatement = sql(import.meta.url, 'sql/carried-out-logout-token.sql')

export class Logouts {
  readonly #db: Queryable

  constructor(db: Queryable) {
    this.#db = db
  }

  /** Takes it down, before anything is done about it. False: it was carried out already. */
  async note({ issuer, jti, expiresAtMs }: LogoutToken): Promise<boolean> {
    return (await this.#db.query(noteStatement, [issuer, jti, expiresAtMs])).rows.length > 0
  }

  /** All that it names is over: it does nothing when it comes again. */
  async carriedOut({ issuer, jti }: LogoutToken): Promise<void> {
    await this.#db.query(carriedOutStatement, [issuer, jti])
  }
}
