/**
 * Logouts that the provider tells of: each is carried out once, and again only where that failed half-way. One may come while
 * the login that it ends is being finished by another process. It is noted before sessions are ended, and looked for after
 * the session has begun: whichever of the two comes first, the other one ends it.
 */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { LoggedIn, LogoutToken } from './provider.ts'

const noteStatement = sql(import.meta.url, 'sql/note-logout-token.sql')
const carriedOutStatement = sql(import.meta.url, 'sql/carried-out-logout-token.sql')
const isOverStatement = sql(import.meta.url, 'sql/is-logged-out.sql')

export class Logouts {
  readonly #db: Queryable

  constructor(db: Queryable) {
    this.#db = db
  }

  /** Takes it down, before anything is done about it. False: it was carried out already. */
  async note({ issuer, jti, expiresAtMs, subject, providerSession, atMs }: LogoutToken): Promise<boolean> {
    const values = [issuer, jti, expiresAtMs, subject ?? null, providerSession ?? null, atMs]
    return (await this.#db.query(noteStatement, values)).rows.length > 0
  }

  /** All that it names is over: it does nothing when it comes again. */
  async carriedOut({ issuer, jti }: LogoutToken): Promise<void> {
    await this.#db.query(carriedOutStatement, [issuer, jti])
  }

  /** Whether the provider has ended this login already. Known for as long as the logout's token is good: five minutes and more. */
  async isOver({ said, providerSession }: LoggedIn): Promise<boolean> {
    const values = [said.issuer, said.subject, providerSession ?? null, said.atMs]
    return (await this.#db.query<{ is_over: boolean }>(isOverStatement, values)).rows[0]?.is_over === true
  }
}
