/**
 * Logins under way. What is secret of one lies in the database until the provider's answer comes, and only the browser that
 * began it can take it, once: by a secret of its own in a cookie.
 */
import { createHash } from 'node:crypto'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { newSecret } from '../kernel/ids.ts'
import { identityErrors } from './errors.ts'
import type { LoginSecrets } from './provider.ts'

const beginStatement = sql(import.meta.url, 'sql/begin-login.sql')
const takeStatement = sql(import.meta.url, 'sql/take-login.sql')
const purgeStatement = sql(import.meta.url, 'sql/purge-identity.sql')

/** How long somebody may take at the provider. */
export const LOGIN_LIFE_MS = 10 * 60_000
const PURGED_COUNT_MAX = 1_000
/** In one round of housekeeping: a flood of logins that nobody finished is gone after a few. */
const PURGES_COUNT_MAX = 100
const SECRET = /^[A-Za-z0-9_-]{43}$/

/** A login, as the one who begins it knows it. */
export interface BegunLogin extends LoginSecrets {
  /** For the browser's cookie. */
  readonly browser: string
}

/** A login whose answer has come. */
export interface TakenLogin extends LoginSecrets {
  readonly returnTo: string
}

export class Logins {
  readonly #db: Queryable

  constructor(db: Queryable) {
    this.#db = db
  }

  /** Begins one. `browser`: the secret that the browser has from another login under way; both may go on. */
  async begin(returnTo: string, browser: string | undefined): Promise<BegunLogin> {
    const own = browser !== undefined && SECRET.test(browser) ? browser : newSecret()
    const login = { state: newSecret(), nonce: newSecret(), verifier: newSecret(), browser: own }
    const { state, nonce, verifier } = login
    await this.#db.query(beginStatement, [hashOf(state), hashOf(own), nonce, verifier, returnTo, LOGIN_LIFE_MS])
    return login
  }

  /** The login that an answer belongs to: for the browser that began it, once. @throws MILLRACE_IDENTITY_LOGIN_REFUSED */
  async take(state: string | undefined, browser: string | undefined): Promise<TakenLogin> {
    const isKnown = state !== undefined && SECRET.test(state) && browser !== undefined && SECRET.test(browser)
    if (!isKnown) throw refused('it was not begun in this browser')
    const { rows } = await this.#db.query<LoginRow>(takeStatement, [hashOf(state), hashOf(browser)])
    const [row] = rows
    if (row === undefined) throw refused('it was not begun in this browser, or is over already')
    if (!row.is_in_time) throw refused(`it took longer than ${LOGIN_LIFE_MS / 60_000} minutes`)
    return { state, nonce: row.nonce, verifier: row.verifier, returnTo: row.return_to }
  }
}

interface LoginRow {
  readonly nonce: string
  readonly verifier: string
  readonly return_to: string
  readonly is_in_time: boolean
}

/** Removes what nobody will ask for any more, in small pieces: housekeeping of a worker. */
export async function purgeIdentity(db: Queryable): Promise<void> {
  for (let n = 0; n < PURGES_COUNT_MAX; n += 1) {
    const { rows } = await db.query<{ removed: number }>(purgeStatement, [PURGED_COUNT_MAX])
    if ((rows[0]?.removed ?? 0) < PURGED_COUNT_MAX) return
  }
}

function refused(why: string): Error {
  return identityErrors.MILLRACE_IDENTITY_LOGIN_REFUSED({ why })
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
