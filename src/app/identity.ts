/** Identity of an application, put together from its settings: its own provider, or in development the local one. */
import { Accounts } from '../identity/accounts.ts'
import { identityErrors } from '../identity/errors.ts'
import { Identity } from '../identity/identity.ts'
import { type LocalProvider, openLocalProvider } from '../identity/local/local-provider.ts'
import { LOCAL_AUDIENCE, LOCAL_CLIENT, LOCAL_CLIENT_SECRET, LOCAL_ISSUER } from '../identity/local/secrets.ts'
import type { LocalUser } from '../identity/local/users.ts'
import { openIdProvider } from '../identity/openid-provider.ts'
import { postgresSessions } from '../session/postgres-sessions.ts'
import { LOCAL_PATH } from '../web/local-provider-routes.ts'
import { cookieNames } from '../web/session-cookie.ts'
import type { WebIdentity } from '../web/web-identity.ts'
import type { WebServer } from '../web/web-server.ts'
import type { App } from './define-app.ts'
import type { Parts } from './parts.ts'
import type { Settings } from './settings.ts'

/** Ready where an application names none of its own. */
const LOCAL_USERS = [
  { id: 'ada', name: 'Ada Lovelace', email: 'ada@example.org' },
  { id: 'grace', name: 'Grace Hopper', email: 'grace@example.org' },
] as const

const CALLBACK_PATH = '/identity/callback'
const BACKCHANNEL_PATH = '/identity/backchannel-logout'
const SCOPES = ['openid', 'profile', 'email', 'offline_access']

/** The users of the local provider: without roles of their own, the first one has all of them. */
export function localUsersOf({ identity }: App): readonly LocalUser[] {
  if (identity?.localUsers !== undefined) return identity.localUsers
  return LOCAL_USERS.map((user, n) => (n === 0 ? { ...user, roles: identity?.roles ?? [] } : user))
}

/**
 * Production never starts with a provider that lets anybody in, nor under an address that anybody can listen to.
 *
 * @throws MILLRACE_IDENTITY_NOT_CONFIGURED, MILLRACE_IDENTITY_ORIGIN_INSECURE
 */
export function checkIdentity(app: App, settings: Settings): void {
  if (app.identity === undefined) return
  const isProduction = ['production', 'staging'].includes(settings.MILLRACE_ENV)
  if (!isProduction && settings.OIDC_ISSUER === undefined) return
  for (const missing of ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'ORIGIN'] as const)
    if (settings[missing] === undefined) throw identityErrors.MILLRACE_IDENTITY_NOT_CONFIGURED({ missing })
  const { ORIGIN: origin = '' } = settings
  if (isProduction && !origin.startsWith('https:')) throw identityErrors.MILLRACE_IDENTITY_ORIGIN_INSECURE({ origin })
}

/** Makes the identity of a web process. Undefined: the application has no users. */
export function identityOf(parts: Parts): ((server: WebServer) => Promise<WebIdentity>) | undefined {
  const { app, settings, db, clock, log } = parts
  const { identity: options } = app
  if (options === undefined) return undefined
  checkIdentity(app, settings)
  const { roles, claims = [] } = options
  return async (server) => {
    const origin = settings.ORIGIN ?? server.address().url
    const urls = { redirectUri: `${origin}${CALLBACK_PATH}`, afterLogoutUri: `${origin}/` }
    const facts = { rolesClaim: settings.OIDC_ROLES_CLAIM, roles, claims }
    const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId = '' } = settings
    const provider =
      issuer === undefined
        ? openIdProvider({
            ...{ ...urls, facts, clock },
            ...{ issuer: LOCAL_ISSUER, clientId: LOCAL_CLIENT, clientSecret: LOCAL_CLIENT_SECRET },
            ...{ scopes: SCOPES, audience: LOCAL_AUDIENCE },
            // it is this very process
            fetch: (url, init) => server.ask(url.replace(LOCAL_ISSUER, `${origin}${LOCAL_PATH}`), init),
          })
        : openIdProvider({
            ...{ ...urls, facts, clock },
            ...{ issuer, clientId, clientSecret: settings.OIDC_CLIENT_SECRET },
            ...{ scopes: settings.OIDC_SCOPES.split(' '), audience: settings.OIDC_AUDIENCE ?? clientId },
          })
    const local = (): Promise<LocalProvider> =>
      openLocalProvider({
        ...{ ...urls, db, users: localUsersOf(app), address: new URL(LOCAL_PATH, origin) },
        backchannelLogoutUri: `${origin}${BACKCHANNEL_PATH}`,
        fetch: (url, init) => server.ask(url, init),
      })
    return {
      identity: new Identity({
        ...{ db, provider, log },
        accounts: new Accounts({ db, clock }),
        sessions: postgresSessions({ db, clock, log }),
      }),
      ...{ origin, cookies: cookieNames(origin), roles, claims },
      local: issuer === undefined ? lately(local) : undefined,
    }
  }
}

/** Opens something when it is first needed, and again when that failed: its database may still be starting. */
function lately<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined
  return () => {
    opened ??= open().catch((thrown: unknown) => {
      opened = undefined
      throw thrown
    })
    return opened
  }
}
