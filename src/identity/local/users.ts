/** The users that the local provider of development has ready. */
import { identityErrors } from '../errors.ts'

/** Somebody whom the local provider lets in, without a password. */
export interface LocalUser {
  /** Their name at the provider: 1 to 40 of a–z, 0–9 and "-". */
  readonly id: string
  readonly name: string
  readonly email?: string
  readonly roles?: readonly string[]
  /** Further claims. */
  readonly claims?: Readonly<Record<string, string | readonly string[]>>
}

/** What the provider says of a user. */
export function claimsOf({ id, name, email, roles = [], claims = {} }: LocalUser): Record<string, unknown> {
  return { ...claims, sub: id, name, roles, ...(email === undefined ? {} : { email, email_verified: true }) }
}

/** @throws MILLRACE_IDENTITY_LOCAL_USER_UNKNOWN */
export function userOf(users: readonly LocalUser[], id: string): LocalUser {
  const found = users.find((user) => user.id === id)
  if (found === undefined)
    throw identityErrors.MILLRACE_IDENTITY_LOCAL_USER_UNKNOWN({ user: id, ready: users.map((user) => user.id) })
  return found
}
