/** Who says who somebody is: an OpenID Connect provider, as the rest of Millrace sees it. */
import type { Said } from './accounts.ts'

/** One login, between the page that begins it and the provider's answer. Every value is new, random, and used once. */
export interface LoginSecrets {
  readonly state: string
  readonly nonce: string
  /** Of PKCE. */
  readonly verifier: string
}

/** What a session can be renewed by. It never leaves the server. */
export interface Grant {
  readonly subject: string
  readonly refreshToken: string | undefined
}

export interface LoggedIn {
  readonly said: Said
  readonly grant: Grant
  /** The provider's own name for the login (`sid`), by which it may end it. */
  readonly providerSession: string | undefined
}

export interface LogoutToken {
  readonly issuer: string
  readonly jti: string
  readonly subject: string | undefined
  readonly providerSession: string | undefined
  /** When it was made, in ms since 1970, by the provider's clock. */
  readonly atMs: number
  /** Until when it is good, in ms since 1970. */
  readonly expiresAtMs: number
}

export interface Provider {
  readonly issuer: string
  /** Where a browser goes to log in. @throws MILLRACE_IDENTITY_PROVIDER_AWAY, MILLRACE_IDENTITY_PROVIDER_WRONG */
  loginUrl(secrets: LoginSecrets): Promise<URL>
  /**
   * Makes of the provider's answer who has logged in.
   *
   * @param answer the address at which the browser came back.
   * @throws MILLRACE_IDENTITY_LOGIN_REFUSED, MILLRACE_IDENTITY_LOGIN_DENIED, MILLRACE_IDENTITY_PROVIDER_AWAY
   */
  finishLogin(answer: URL, secrets: LoginSecrets): Promise<LoggedIn>
  /**
   * What it says of somebody now.
   *
   * @param keep is given the grant for the next time as soon as the provider has given another one, whatever comes after: the
   * old one is used up by then, and to try it again would look like theft.
   * @throws MILLRACE_IDENTITY_LOGIN_REFUSED: the provider says that the grant is over, and with it the session, or it is
   * suddenly somebody else's; MILLRACE_IDENTITY_PROVIDER_AWAY, MILLRACE_IDENTITY_PROVIDER_WRONG: nothing is known.
   */
  renew(grant: Grant, keep: (next: Grant) => Promise<void>): Promise<LoggedIn>
  /**
   * Where a browser goes to end its login at the provider too. Undefined: the provider has no such page. No token stands in
   * it, so the provider may ask whether it is meant.
   */
  logoutUrl(): Promise<URL | undefined>
  /** @throws MILLRACE_IDENTITY_TOKEN_INVALID, MILLRACE_IDENTITY_PROVIDER_AWAY */
  checkAccessToken(token: string): Promise<{ readonly said: Said; readonly scopes: readonly string[] }>
  /** @throws MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID, MILLRACE_IDENTITY_PROVIDER_AWAY */
  checkLogoutToken(token: string): Promise<LogoutToken>
}
