/**
 * Identity, put together: logins at the provider become sessions, sessions and bearer tokens become principals. It knows
 * nothing of HTTP; what it answers, the web box turns into cookies, redirects and problems.
 */
import type { Principal } from '../contract/access.ts'
import type { Queryable } from '../data/transaction.ts'
import { type Clock, withDeadline } from '../kernel/clock.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { type BegunSession, RENEW_MS, type Session, type Sessions } from '../session/session.ts'
import type { Accounts } from './accounts.ts'
import { identityErrors } from './errors.ts'
import { Logins } from './logins.ts'
import { Logouts } from './logouts.ts'
import type { Grant, LogoutToken, Provider } from './provider.ts'

/** Who comes back after this long waits until the provider has said what they may do now … */
export const OVERDUE_MS = 3 * RENEW_MS
/** … but no longer than this: with the provider away, what is known counts. */
export const OVERDUE_WAIT_MS = 3_000

interface Renewal {
  /** Never rejects. */
  readonly done: Promise<void>
  readonly isOverdue: boolean
}

export interface IdentityParts {
  readonly db: Queryable
  readonly provider: Provider
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly log: Log
  readonly clock: Clock
}

/** Who asks, and by what. */
export interface Known {
  readonly principal: Principal
  /** Undefined: they brought a bearer token, whose scopes the principal has. */
  readonly session: Session | undefined
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
  readonly #logouts: Logouts
  /** By token. */
  readonly #renewals = new Map<string, Renewal>()

  constructor(parts: IdentityParts) {
    this.#parts = parts
    this.accounts = parts.accounts
    this.sessions = parts.sessions
    this.#logins = new Logins(parts.db)
    this.#logouts = new Logouts(parts.db)
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
    const loggedIn = await provider.finishLogin(answer, login)
    const principal = await accounts.note(loggedIn.said)
    const begun = await sessions.begin({
      account: principal.account,
      providerSession: this.#nameOf(loggedIn.said.subject, loggedIn.providerSession),
      agent: of.agent,
      secret: JSON.stringify(loggedIn.grant),
      replaces: of.replaces,
    })
    if (await this.#logouts.isOver(loggedIn)) {
      await sessions.end(begun.token)
      throw identityErrors.MILLRACE_IDENTITY_LOGIN_REFUSED({ why: 'the provider says that it is over already' })
    }
    log.info({ account: principal.account, session: begun.session.id }, 'somebody has logged in')
    return { ...begun, principal, returnTo: login.returnTo }
  }

  /** Whose session it is. Undefined: nobody's, any more. The store's errors are thrown: they are never nobody. */
  async bySession(token: string): Promise<Known | undefined> {
    const known = await this.#known(token)
    if (known?.session === undefined) return known
    const renewal = this.#renewalOf(token, known.session)
    if (renewal?.isOverdue !== true) return known // what comes of it counts from the next request on
    await this.#waitFor(renewal)
    return this.#known(token)
  }

  /** Who has sent a bearer token. @throws MILLRACE_IDENTITY_TOKEN_INVALID, MILLRACE_IDENTITY_ACCOUNT_DISABLED */
  async byBearer(token: string): Promise<Known> {
    const { said, scopes } = await this.#parts.provider.checkAccessToken(token)
    const known = await this.accounts.findBySubject(said.issuer, said.subject)
    // what a token says counts when it is news: an older one must not bring back a role that was taken away
    const isNews = known === undefined || known.toldAtMs < said.atMs
    const principal = isNews ? await this.accounts.note(said) : known.principal()
    if (known?.isSignedOutSince(said.atMs))
      throw identityErrors.MILLRACE_IDENTITY_TOKEN_INVALID({ why: 'its user was signed out everywhere since (iat)' })
    return { principal: { ...principal, scopes }, session: undefined }
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
    const { provider, log } = this.#parts
    const logout = await provider.checkLogoutToken(logoutToken)
    if (!(await this.#logouts.note(logout)))
      throw identityErrors.MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID({ why: 'it was used already (jti)' })
    const ended = await this.#endAtProvider(logout)
    // only now: with the store away, the provider's next try must end what this one could not
    await this.#logouts.carriedOut(logout)
    log.info({ ended }, 'the provider says that somebody has logged out')
  }

  /** Waits for renewals under way: each is bounded by the provider's deadlines. */
  async settled(): Promise<void> {
    await Promise.all(this.#renewals.values().map(({ done }) => done))
  }

  async #endAtProvider({ issuer, subject = '', providerSession }: LogoutToken): Promise<number> {
    if (providerSession !== undefined) {
      const named = await this.sessions.endOfProvider(this.#nameOf(subject, providerSession))
      return named + (await this.sessions.endOfProvider(this.#nameOf(subject, undefined)))
    }
    const known = await this.accounts.findBySubject(issuer, subject)
    return known === undefined ? 0 : this.sessions.endOf(known.account, 'all')
  }

  async #known(token: string): Promise<Known | undefined> {
    const session = await this.sessions.find(token)
    if (session === undefined) return undefined
    const principal = await this.accounts.findOf(session)
    return principal === undefined ? undefined : { principal, session }
  }

  /** The renewal of a session that is under way, or begins now. Undefined: none is due. */
  #renewalOf(token: string, { isRenewalDue, seenAt }: Session): Renewal | undefined {
    const underWay = this.#renewals.get(token)
    if (underWay !== undefined || !isRenewalDue) return underWay
    const done = this.#renew(token)
      .catch((thrown: unknown) => {
        this.#parts.log.warn({ err: asError(thrown) }, 'a session could not be renewed; it goes on as it is')
      })
      .finally(() => this.#renewals.delete(token))
    // requests renew it, so it is overdue when there were none
    const renewal = { done, isOverdue: this.#parts.clock.now() - seenAt.getTime() > OVERDUE_MS }
    this.#renewals.set(token, renewal)
    return renewal
  }

  async #waitFor({ done }: Renewal): Promise<void> {
    const { clock, log } = this.#parts
    const late = () => new Error(`no answer within ${OVERDUE_WAIT_MS} ms`)
    await withDeadline(clock, OVERDUE_WAIT_MS, done, late).catch((thrown: unknown) => {
      log.warn({ err: asError(thrown) }, 'a session that was not used for long is used before it is renewed')
    })
  }

  async #renew(token: string): Promise<void> {
    const secret = await this.sessions.takeRenewal(token)
    if (secret === undefined) return
    const grant = JSON.parse(secret) as Grant
    if (grant.refreshToken === undefined) return
    try {
      const keep = (next: Grant) => this.sessions.keepSecret(token, JSON.stringify(next))
      const { said } = await this.#parts.provider.renew(grant, keep)
      await this.accounts.note(said)
    } catch (thrown) {
      if (!isMillraceError(thrown, 'MILLRACE_IDENTITY_LOGIN_REFUSED')) throw thrown
      await this.sessions.end(token)
      this.#parts.log.info({ why: thrown.message }, 'a session is over: the provider no longer renews it')
    }
  }

  /**
   * By what a logout at the provider finds a session. Two providers may give the same name to a login; one to which none was
   * given might be any of its subject's. No issuer has a "#".
   */
  #nameOf(subject: string, providerSession: string | undefined): string {
    const { issuer } = this.#parts.provider
    return providerSession === undefined ? `${issuer}#subject ${subject}` : `${issuer} ${providerSession}`
  }
}
