/** What the web box is given of identity. */
import type { Identity } from '../identity/identity.ts'
import type { LocalProvider } from '../identity/local/local-provider.ts'
import type { CookieNames } from './session-cookie.ts'

export interface WebIdentity {
  readonly identity: Identity
  /** Under which browsers reach the application. */
  readonly origin: string
  readonly cookies: CookieNames
  /** Those that the application has declared. */
  readonly roles: readonly string[]
  readonly claims: readonly string[]
  /** Where the application has none of its own, in development. */
  readonly local: (() => Promise<LocalProvider>) | undefined
}
