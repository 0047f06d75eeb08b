/** Sessions in PostgreSQL, the store that every application has. */
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { newId, newSecret } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import { MergedLookups } from '../kernel/merged-lookups.ts'
import {
  AGENT_CHARS_MAX,
  type BegunSession,
  type Ending,
  IDLE_MS,
  LIFE_MS,
  type NewSession,
  RENEW_MS,
  SESSIONS_SHOWN_MAX,
  type Session,
  type Sessions,
  TOUCH_MS,
} from './session.ts'
import { hashOf, isToken, seal, unseal } from './token.ts'

const beginStatement = sql(import.meta.url, 'sql/begin-session.sql')
const findStatement = sql(import.meta.url, 'sql/find-sessions.sql')
const touchStatement = sql(import.meta.url, 'sql/touch-sessions.sql')
const endStatement = sql(import.meta.url, 'sql/end-session.sql')
const endOfStatement = sql(import.meta.url, 'sql/end-sessions.sql')
const endOfProviderStatement = sql(import.meta.url, 'sql/end-provider-session.sql')
const takeRenewalStatement = sql(import.meta.url, 'sql/take-renewal.sql')
const keepSecretStatement = sql(import.meta.url, 'sql/keep-secret.sql')
const listStatement = sql(import.meta.url, 'sql/list-sessions.sql')

export interface PostgresSessionsOptions {
  readonly db: Queryable
  readonly clock: Clock
  readonly log: Log
  /** Milliseconds that a session lives unused; IDLE_MS unless given. */
  readonly idleMs?: number
  /** Milliseconds that a session lives at all; LIFE_MS unless given. */
  readonly lifeMs?: number
}

export function postgresSessions(options: PostgresSessionsOptions): Sessions {
  return new PostgresSessions(options)
}

interface SessionRow {
  readonly id: string
  readonly account: string
  readonly agent: string
  readonly begun_at: Date
  readonly seen_at: Date
  readonly ends_at: Date
  readonly is_renewal_due: boolean
}
interface FoundRow extends SessionRow {
  readonly hash: string
  readonly is_stale: boolean
}

class PostgresSessions implements Sessions {
  readonly #options: PostgresSessionsOptions
  readonly #lookups: MergedLookups<Session>

  constructor(options: PostgresSessionsOptions) {
    this.#options = options
    this.#lookups = new MergedLookups((hashes) => this.#findAll(hashes))
  }

  async begin({ account, providerSession, agent, secret, replaces }: NewSession): Promise<BegunSession> {
    const { db, clock, idleMs = IDLE_MS, lifeMs = LIFE_MS } = this.#options
    const token = newSecret()
    const old = replaces === undefined || !isToken(replaces) ? null : hashOf(replaces)
    const { rows } = await db.query<SessionRow>(beginStatement, [
      hashOf(token),
      newId(clock.now()),
      account,
      providerSession,
      agent.slice(0, AGENT_CHARS_MAX),
      Math.min(idleMs, lifeMs),
      lifeMs,
      old,
      secret === null ? null : seal(token, secret),
    ])
    return { token, session: sessionOf(rows[0] as SessionRow) }
  }

  async find(token: string): Promise<Session | undefined> {
    return isToken(token) ? this.#lookups.get(hashOf(token).toString('hex')) : undefined
  }

  async list(account: string): Promise<readonly Session[]> {
    const { rows } = await this.#options.db.query<SessionRow>(listStatement, [account, SESSIONS_SHOWN_MAX])
    return rows.map(sessionOf)
  }

  async end(token: string): Promise<void> {
    if (isToken(token)) await this.#options.db.query(endStatement, [hashOf(token)])
  }

  async endOf(account: string, which: Ending): Promise<number> {
    const only = typeof which === 'object' && 'only' in which ? which.only : null
    const spared = typeof which === 'object' && 'allBut' in which ? which.allBut : null
    return (await this.#options.db.query(endOfStatement, [account, only, spared])).rows.length
  }

  async endOfProvider(providerSession: string): Promise<number> {
    return (await this.#options.db.query(endOfProviderStatement, [providerSession])).rows.length
  }

  async takeRenewal(token: string): Promise<string | undefined> {
    if (!isToken(token)) return undefined
    const { rows } = await this.#options.db.query<{ secret: Buffer }>(takeRenewalStatement, [hashOf(token), RENEW_MS])
    return rows[0] === undefined ? undefined : unseal(token, rows[0].secret)
  }

  async keepSecret(token: string, secret: string): Promise<void> {
    if (isToken(token)) await this.#options.db.query(keepSecretStatement, [hashOf(token), seal(token, secret)])
  }

  async #findAll(hashes: readonly string[]): Promise<ReadonlyMap<string, Session>> {
    const keys = hashes.map((hash) => Buffer.from(hash, 'hex'))
    const { rows } = await this.#options.db.query<FoundRow>(findStatement, [keys, TOUCH_MS, RENEW_MS])
    const stale = rows.filter((row) => row.is_stale).map((row) => Buffer.from(row.hash, 'hex'))
    if (stale.length > 0) await this.#touch(stale)
    return new Map(rows.map((row) => [row.hash, sessionOf(row)]))
  }

  /** Never rejects: a session whose use could not be noted is noted at its next one. */
  async #touch(hashes: readonly Buffer[]): Promise<void> {
    const { db, log, idleMs = IDLE_MS } = this.#options
    try {
      await db.query(touchStatement, [hashes, idleMs])
    } catch (error) {
      log.warn({ err: error }, 'the use of sessions could not be noted')
    }
  }
}

function sessionOf({ id, account, agent, begun_at, seen_at, ends_at, is_renewal_due }: SessionRow): Session {
  return { id, account, agent, begunAt: begun_at, seenAt: seen_at, endsAt: ends_at, isRenewalDue: is_renewal_due }
}
