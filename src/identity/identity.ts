/**
 * Identity, put together: logins at the provider become sessions, sessions and bearer tokens become principals. It knows
 * nothing of HTTP; what it answers, the web box turns into cookies, redirects and problems.
 */
import type { Principal } from '../contract/access.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { BegunSession, Session, Sessions } from '../session/session.ts'
import type { Accounts } from './accounts.ts'
import { identityErrors } from './errors.ts'
import { Logins } from './logins.ts'
import type { Grant, Provider } from './provider.ts'

const noteLogoutStatement = sql(import.meta.url, 'sql/note-logout-token.sql')

/** What says that a login is over at the provider, and not only that the provider is away. */
const OVER: ReadonlySet<string> = new Set(['MILLRACE_IDENTITY_LOGIN_REFUSED', 'MILLRACE_IDENTITY_LOGIN_DENIED'])

export interface IdentityParts {
  readonly db: Queryable
  readonly provider: Provider
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly log: Log
}

/** Who asks, and by what. */
export interface Known {
  readonly principal: Principal
  /** Undefined: they brought a bearer token. */
  readonly session: Session | undefined
  /** Of a bearer token. */
  readonly scopes: readonly string[] | undefined
}

export interface FinishedLogin extends BegunSession {
  readonly principal: Principal
  /** Where they wanted to go. */
  readonly returnTo: string
}

export class Identity {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly #parts: IdentityParts
  readonly #logins: Logins
  readonly #renewals = new Set<Promise<void>>()

  constructor(parts: IdentityParts) {
    this.#parts = parts
    this.accounts = parts.accounts
    this.sessions = parts.sessions
    this.#logins = new Logins(parts.db)
  }

  /** Begins a login. Answers where the browser is to go, and the secret for its cookie. */
  async beginLogin(
    returnTo: string,
    browser: string | undefined,
  ): Promise<{ readonly url: URL; readonly browser: string }> {
    const login = await this.#logins.begin(returnTo, browser)
    return { url: await this.#parts.provider.loginUrl(login), browser: login.browser }
  }

  /**
   * Makes of the provider's answer a session, in place of the one that the browser had.
   *
   * @throws MILLRACE_IDENTITY_LOGIN_REFUSED, MILLRACE_IDENTITY_LOGIN_DENIED, MILLRACE_IDENTITY_PROVIDER_AWAY,
   * MILLRACE_IDENTITY_ACCOUNT_DISABLED
   */
  async finishLogin(
    answer: URL,
    of: { readonly browser: string | undefined; readonly agent: string; readonly replaces: string | undefined },
  ): Promise<FinishedLogin> {
    const { provider, accounts, sessions, log } = this.#parts
    const login = await this.#logins.take(answer.searchParams.get('state') ?? undefined, of.browser)
    const { said, grant, providerSession } = await provider.finishLogin(answer, login)
    const principal = await accounts.note(said)
    const begun = await sessions.begin({
      account: principal.account,
      providerSession: this.#nameOf(providerSession),
      agent: of.agent,
      secret: JSON.stringify(grant),
      replaces: of.replaces,
    })
    log.info({ account: principal.account, session: begun.session.id }, 'somebody has logged in')
    return { ...begun, principal, returnTo: login.returnTo }
  }

  /** Whose session it is. Undefined: nobody's, any more. The store's errors are thrown: they are never nobody. */
  async bySession(token: string): Promise<Known | undefined> {
    const session = await this.sessions.find(token)
    if (session === undefined) return undefined
    const principal = await this.accounts.find(session.account)
    if (principal === undefined) return undefined
    if (session.isRenewalDue) this.#renewLater(token)
    return { principal, session, scopes: undefined }
  }

  /** Who has sent a bearer token. @throws MILLRACE_IDENTITY_TOKEN_INVALID, MILLRACE_IDENTITY_ACCOUNT_DISABLED */
  async byBearer(token: string): Promise<Known> {
    const { said, scopes } = await this.#parts.provider.checkAccessToken(token)
    const known = await this.accounts.findBySubject(said.issuer, said.subject)
    // what a token says counts when it is news: an older one must not bring back a role that was taken away
    const isNews = known === undefined || known.toldAtMs < said.atMs
    return { principal: isNews ? await this.accounts.note(said) : known.principal(), session: undefined, scopes }
  }

  /** Ends a session. Answers where the browser is to go to end its login at the provider too. */
  async logout(token: string): Promise<URL | undefined> {
    const session = await this.sessions.find(token)
    await this.sessions.end(token)
    if (session !== undefined)
      this.#parts.log.info({ account: session.account, session: session.id }, 'somebody has logged out')
    return this.#parts.provider.logoutUrl().catch((thrown: unknown) => {
      this.#parts.log.warn({ err: asError(thrown) }, 'the provider could not be asked where to log out')
      return undefined
    })
  }

  /** The provider says that somebody has logged out. @throws MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID */
  async providerLogout(logoutToken: string): Promise<void> {
    const { provider, db, log } = this.#parts
    const { issuer, jti, subject, providerSession, expiresAtMs } = await provider.checkLogoutToken(logoutToken)
    const { rows } = await db.query(noteLogoutStatement, [issuer, jti, expiresAtMs])
    if (rows.length === 0)
      throw identityErrors.MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID({ why: 'it was used already (jti)' })
    const ended = await this.#endAtProvider(issuer, subject, providerSession)
    log.info({ ended }, 'the provider says that somebody has logged out')
  }

  /** Shuts an account: nobody gets in with it from then on. @throws MILLRACE_IDENTITY_ACCOUNT_UNKNOWN */
  async disable(account: string): Promise<number> {
    if (!(await this.accounts.setDisabled(account, true)))
      throw identityErrors.MILLRACE_IDENTITY_ACCOUNT_UNKNOWN({ account })
    return this.sessions.endOf(account, 'all')
  }

  /** Waits for renewals under way: each is bounded by the provider's deadlines. */
  async settled(): Promise<void> {
    await Promise.all(this.#renewals)
  }

  async #endAtProvider(
    issuer: string,
    subject: string | undefined,
    providerSession: string | undefined,
  ): Promise<number> {
    if (providerSession !== undefined) return this.sessions.endOfProvider(this.#nameOf(providerSession) ?? '')
    const known = await this.accounts.findBySubject(issuer, subject ?? '')
    return known === undefined ? 0 : this.sessions.endOf(known.account, 'all')
  }

  /** The request does not wait: what comes of it counts from the next one on. */
  #renewLater(token: string): void {
    const renewal = this.#renew(token)
      .catch((thrown: unknown) => {
        this.#parts.log.warn({ err: asError(thrown) }, 'a session could not be renewed; it goes on as it is')
      })
      .finally(() => this.#renewals.delete(renewal))
    this.#renewals.add(renewal)
  }

  async #renew(token: string): Promise<void> {
    const secret = await this.sessions.takeRenewal(token)
    if (secret === undefined) return
    const grant = JSON.parse(secret) as Grant
    if (grant.refreshToken === undefined) return
    try {
      const renewed = await this.#parts.provider.renew(grant)
      await this.sessions.keepSecret(token, JSON.stringify(renewed.grant))
      await this.accounts.note(renewed.said)
    } catch (thrown) {
      if (!isMillraceError(thrown) || !OVER.has(thrown.code)) throw thrown
      await this.sessions.end(token)
      this.#parts.log.info({ why: thrown.message }, 'a session is over: the provider no longer renews it')
    }
  }

  /** Two providers may give the same name to a login. */
  #nameOf(providerSession: string | undefined): string | null {
    return providerSession === undefined ? null : `${this.#parts.provider.issuer} ${providerSession}`
  }
}
