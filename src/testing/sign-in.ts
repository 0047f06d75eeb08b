/** Somebody who has logged in, without the way through a provider. */
import { localUsersOf } from '../app/identity.ts'
import type { Parts } from '../app/parts.ts'
import type { Principal } from '../contract/access.ts'
import { Accounts } from '../identity/accounts.ts'
import { saidBy } from '../identity/facts.ts'
import { LOCAL_ISSUER } from '../identity/local/secrets.ts'
import { claimsOf, type LocalUser, userOf } from '../identity/local/users.ts'
import { postgresSessions } from '../session/postgres-sessions.ts'
import { cookieNames } from '../web/session-cookie.ts'
import { testingErrors } from './errors.ts'

export interface SignedIn {
  readonly principal: Principal
  /** What shows who they are: give them to `request`, or to `fetch`. */
  readonly headers: { readonly cookie: string }
}

/**
 * Begins a session of somebody: one of the application's local users, by their id, or anybody.
 *
 * @throws MILLRACE_TESTING_NO_USERS, MILLRACE_IDENTITY_ACCOUNT_UNKNOWN
 */
export async function signIn(parts: Parts, who: string | LocalUser): Promise<SignedIn> {
  const { app, db, clock, log, settings } = parts
  if (app.identity === undefined) throw testingErrors.MILLRACE_TESTING_NO_USERS({ app: app.name })
  const user = typeof who === 'string' ? userOf(localUsersOf(app), who) : who
  const { roles, claims = [] } = app.identity
  const rules = { rolesClaim: 'roles', roles, claims, emails: 'verified' } as const
  const from = { issuer: LOCAL_ISSUER, subject: user.id, atMs: clock.now(), isAll: true }
  const said = saidBy(claimsOf(user), rules, from)
  const principal = await new Accounts({ db, clock }).note(said)
  const session = {
    account: principal.account,
    providerSession: null,
    agent: 'a test',
    secret: null,
    replaces: undefined,
  }
  const { token } = await postgresSessions({ db, clock, log }).begin(session)
  return { principal, headers: { cookie: `${cookieNames(settings.ORIGIN ?? 'http://localhost').session}=${token}` } }
}
