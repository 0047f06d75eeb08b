/** Accounts: who has ever come, by what their provider calls them, and what they may do. */
import type { Principal } from '../contract/access.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { isUuid, newId } from '../kernel/ids.ts'
import { MergedLookups } from '../kernel/merged-lookups.ts'
import { identityErrors } from './errors.ts'

const noteStatement = sql(import.meta.url, 'sql/note-account.sql')
const findStatement = sql(import.meta.url, 'sql/find-accounts.sql')
const findBySubjectStatement = sql(import.meta.url, 'sql/find-account-by-subject.sql')
const findByEmailStatement = sql(import.meta.url, 'sql/find-accounts-by-email.sql')
const listStatement = sql(import.meta.url, 'sql/list-accounts.sql')
const disableStatement = sql(import.meta.url, 'sql/disable-account.sql')
const signOutStatement = sql(import.meta.url, 'sql/sign-out-account.sql')
const grantStatement = sql(import.meta.url, 'sql/grant-roles.sql')

/** What a provider says of somebody. */
export interface Said {
  readonly issuer: string
  readonly subject: string
  readonly name: string | undefined
  readonly email: string | undefined
  readonly roles: readonly string[] | undefined
  readonly claims: Principal['claims']
  /**
   * Whether it is all that the provider says of them, as at a login: roles, claims and an e-mail address of which it says
   * nothing are then none. Otherwise they stay as they are known.
   */
  readonly isAll: boolean
  /** When it was said, in ms since 1970, by the provider's clock. */
  readonly atMs: number
}

/** An account as operators see it. */
export interface Account {
  readonly id: string
  readonly issuer: string
  readonly subject: string
  readonly name: string
  readonly email: string | null
  /** As the provider says. */
  readonly roles: readonly string[]
  /** Given here, beside them. */
  readonly granted: readonly string[]
  readonly claims: Principal['claims']
  readonly begunAt: Date
  readonly toldAt: Date
  readonly disabledAt: Date | null
}

export interface ToldAccount {
  readonly account: string
  /** @throws MILLRACE_IDENTITY_ACCOUNT_DISABLED */
  principal(): Principal
  /** In ms since 1970. */
  readonly toldAtMs: number
  /** Whether they were signed out everywhere after this moment, in ms since 1970. */
  isSignedOutSince(atMs: number): boolean
}

/** What was begun with an account: of a session, what tells whether it is over. */
export interface Begun {
  readonly id: string
  readonly account: string
  readonly begunAt: Date
}

export const ACCOUNTS_LISTED_MAX = 200
const EMAILS_COUNT_MAX = 10
const ROLES_COUNT_MAX = 100
const TEXT_CHARS_MAX = 200
/** Clocks of the database, of web processes and of providers may differ: whoever logs in right after a sign-out stays in. */
export const CLOCKS_APART_MS_MAX = 5_000

interface PrincipalRow {
  readonly id: string
  readonly name: string
  readonly email: string | null
  readonly roles: readonly string[]
  readonly claims: Principal['claims']
  readonly is_disabled: boolean
}

interface SignedOut {
  readonly signed_out_at: Date | null
  readonly signed_out_but: string | null
}

export class Accounts {
  readonly #db: Queryable
  readonly #clock: Clock
  readonly #lookups: MergedLookups<PrincipalRow & SignedOut>

  constructor({ db, clock }: { readonly db: Queryable; readonly clock: Clock }) {
    this.#db = db
    this.#clock = clock
    this.#lookups = new MergedLookups((ids) => this.#findAll(ids))
  }

  /** Who it is and what they may do now. Undefined: there is no such account, or it was disabled. */
  async find(id: string): Promise<Principal | undefined> {
    const row = await this.#lookups.get(id)
    return row && principalOf(row)
  }

  /** Whose session it is. Undefined: there is no such account, it was disabled, or signed out since the session began. */
  async findOf({ id, account, begunAt }: Begun): Promise<Principal | undefined> {
    const row = await this.#lookups.get(account)
    if (row === undefined || (row.signed_out_but !== id && isSignedOut(row, begunAt.getTime()))) return undefined
    return principalOf(row)
  }

  /** The account of somebody, by what their provider calls them, and when the provider said what is known of them. */
  async findBySubject(issuer: string, subject: string): Promise<ToldAccount | undefined> {
    const { rows } = await this.#db.query<PrincipalRow & SignedOut & { readonly told_at: Date }>(
      findBySubjectStatement,
      [issuer, subject],
    )
    const [row] = rows
    if (row === undefined) return undefined
    return {
      account: row.id,
      principal: () => enabled(row),
      toldAtMs: row.told_at.getTime(),
      isSignedOutSince: (atMs) => isSignedOut(row, atMs),
    }
  }

  /** Accounts that may be used, by their e-mail address. */
  async findByEmail(email: string): Promise<readonly Principal[]> {
    const { rows } = await this.#db.query<PrincipalRow>(findByEmailStatement, [email, EMAILS_COUNT_MAX])
    return rows.map(principalOf)
  }

  /** Takes down what a provider says; the account is made when it is new. @throws MILLRACE_IDENTITY_ACCOUNT_DISABLED */
  async note(said: Said): Promise<Principal> {
    const { rows } = await this.#db.query<PrincipalRow>(noteStatement, [
      newId(this.#clock.now()),
      said.issuer,
      said.subject,
      bounded(said.name),
      bounded(said.email),
      said.roles === undefined ? null : said.roles.slice(0, ROLES_COUNT_MAX),
      JSON.stringify(said.claims),
      said.atMs,
      said.isAll,
    ])
    return enabled(rows[0] as PrincipalRow)
  }

  /** A page of accounts, by name. */
  async list(options: {
    /** A part of the name or e-mail, or the whole subject or id. */
    readonly matching?: string
    readonly after?: Pick<Account, 'id' | 'name'>
    readonly limit: number
  }): Promise<readonly Account[]> {
    const { matching, after, limit } = options
    const { rows } = await this.#db.query<AccountRow>(listStatement, [
      matching ?? null,
      after?.name ?? null,
      after?.id ?? null,
      Math.min(limit, ACCOUNTS_LISTED_MAX),
    ])
    return rows.map(accountOf)
  }

  /**
   * Signs an account out everywhere: what was begun with it is over, whatever a store of sessions still holds. To be called
   * before its sessions are ended, which is the caller's to do. `but`: the session that goes on. False: there is none.
   */
  async signOut(id: string, but?: string): Promise<boolean> {
    if (!isUuid(id)) return false
    return (await this.#db.query(signOutStatement, [id, but ?? null])).rows.length > 0
  }

  /** Shuts an account, which signs it out, or opens it again. False: there is none. Its sessions are the caller's to end. */
  async setDisabled(id: string, isDisabled: boolean): Promise<boolean> {
    if (!isUuid(id)) return false
    return (await this.#db.query(disableStatement, [id, isDisabled])).rows.length > 0
  }

  /** Grants roles and takes granted ones away. Answers those that are granted then; undefined: there is no such account. */
  async grant(
    id: string,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): Promise<readonly string[] | undefined> {
    if (!isUuid(id)) return undefined
    const { rows } = await this.#db.query<{ granted: readonly string[] }>(grantStatement, [
      id,
      change.add ?? [],
      change.remove ?? [],
    ])
    return rows[0]?.granted
  }

  async #findAll(ids: readonly string[]): Promise<ReadonlyMap<string, PrincipalRow & SignedOut>> {
    const { rows } = await this.#db.query<PrincipalRow & SignedOut>(findStatement, [ids])
    return new Map(rows.map((row) => [row.id, row]))
  }
}

interface AccountRow extends Omit<Account, 'begunAt' | 'toldAt' | 'disabledAt'> {
  readonly begun_at: Date
  readonly told_at: Date
  readonly disabled_at: Date | null
}

function accountOf({ begun_at, told_at, disabled_at, ...rest }: AccountRow): Account {
  return { ...rest, begunAt: begun_at, toldAt: told_at, disabledAt: disabled_at }
}

function principalOf({ id, name, email, roles, claims }: PrincipalRow): Principal {
  return { account: id, name, email, roles: [...new Set(roles)], claims }
}

function enabled(row: PrincipalRow): Principal {
  if (row.is_disabled) throw identityErrors.MILLRACE_IDENTITY_ACCOUNT_DISABLED({ account: row.id })
  return principalOf(row)
}

function isSignedOut({ signed_out_at }: SignedOut, begunAtMs: number): boolean {
  return signed_out_at !== null && begunAtMs + CLOCKS_APART_MS_MAX < signed_out_at.getTime()
}

/** What a provider calls somebody is shown on pages: bounded, and without what PostgreSQL cannot hold. */
function bounded(text: string | undefined): string | null {
  if (text === undefined) return null
  return text.slice(0, TEXT_CHARS_MAX).replaceAll('\0', '').toWellFormed()
}
