/**
 * Sessions: that somebody has logged in on a browser, known to every process by an opaque token in a cookie. The token says
 * nothing and is stored nowhere; what is stored is found by its hash. This is the port, which a store implements.
 */

export interface Session {
  /** Its name for people and logs. Nobody gets in with it. */
  readonly id: string
  /** Whose it is. */
  readonly account: string
  /** The browser, as it names itself. */
  readonly agent: string
  /** The login. */
  readonly begunAt: Date
  /** Some time before the last request, at most TOUCH_MS. */
  readonly seenAt: Date
  /** When it is over, however much it is used. */
  readonly endsAt: Date
  /** It has a secret, and nobody has asked for it to renew the session for RENEW_MS. */
  readonly isRenewalDue: boolean
}

export interface NewSession {
  readonly account: string
  /** The provider's own name for the login, by which it may log out (OpenID Connect's `sid`, with the issuer). */
  readonly providerSession: string | null
  readonly agent: string
  /** What it can be renewed by. It is kept so that nobody can read it without the token. */
  readonly secret: string | null
  /** The token that the browser came with: it is worth nothing from then on. */
  readonly replaces: string | undefined
}

export interface BegunSession {
  /** For the cookie, and for nobody else. */
  readonly token: string
  readonly session: Session
}

/** Which sessions of an account end. */
export type Ending = 'all' | { readonly only: string } | { readonly allBut: string }

/**
 * Guarantee of every store: a session that has ended is found by no process whose `find` begins after the call that ended it
 * has resolved. A store that cannot be reached throws; it never answers somebody else's session, or none.
 */
export interface Sessions {
  /** Begins a session, with a new token: one that was known before the login is never used after it. */
  begin(session: NewSession): Promise<BegunSession>
  /** The living session of a token. Its use is noted, which moves its idle end. Undefined: there is none. */
  find(token: string): Promise<Session | undefined>
  /** The living sessions of an account, the one in use last first, SESSIONS_SHOWN_MAX at most. */
  list(account: string): Promise<readonly Session[]>
  /** Ends one session. Nothing happens when it is over. */
  end(token: string): Promise<void>
  /** Ends sessions of an account. Answers how many there were. */
  endOf(account: string, which: Ending): Promise<number>
  /** Ends what began with one login at the provider. Answers how many there were. */
  endOfProvider(providerSession: string): Promise<number>
  /** Its secret, for the one caller in RENEW_MS that is to renew the session. Undefined: it is not to. */
  takeRenewal(token: string): Promise<string | undefined>
  /** Another secret instead. */
  keepSecret(token: string, secret: string): Promise<void>
}

/** How long a session lives unused … */
export const IDLE_MS = 24 * 3_600_000
/** … and at all. */
export const LIFE_MS = 30 * 24 * 3_600_000
/** Use is noted when it was not for so long: a write for each request would cost more than the request. */
export const TOUCH_MS = 60_000
/** How long what the provider said is believed before it is asked again. */
export const RENEW_MS = 5 * 60_000
export const SESSIONS_SHOWN_MAX = 100
/** Characters of the browser's name that are kept. */
export const AGENT_CHARS_MAX = 200
