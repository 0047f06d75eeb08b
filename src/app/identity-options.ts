import type { LocalUser } from '../identity/local/users.ts'

/** What an application says of its users. */
export interface IdentityOptions {
  /** The roles that somebody can have. Others that a provider tells of are not taken down. */
  readonly roles: readonly string[]
  /** Claims of the provider that the application keeps. */
  readonly claims?: readonly string[]
  /** Who the local provider of development has ready. */
  readonly localUsers?: readonly LocalUser[]
}
