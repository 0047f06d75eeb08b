/** Identity of an application, put together from its settings: its own provider, or in development the local one. */
import { isServed } from '../data/environment.ts'
import { Accounts } from '../identity/accounts.ts'
import { identityErrors } from '../identity/errors.ts'
import { Identity } from '../identity/identity.ts'
import { type LocalProvider, openLocalProvider } from '../identity/local/local-provider.ts'
import { LOCAL_AUDIENCE, LOCAL_CLIENT, LOCAL_CLIENT_SECRET, LOCAL_ISSUER } from '../identity/local/secrets.ts'
import type { LocalUser } from '../identity/local/users.ts'
import { type OpenIdOptions, openIdProvider } from '../identity/openid-provider.ts'
import type { Sessions } from '../session/session.ts'
import { LOCAL_PATH } from '../web/local-provider-routes.ts'
import { cookieNames } from '../web/session-cookie.ts'
import type { WebIdentity } from '../web/web-identity.ts'
import type { WebServer } from '../web/web-server.ts'
import type { App } from './define-app.ts'
import { isLoopback } from './identity-settings.ts'
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
 * Production never starts with a provider that lets anybody in, nor under an address that anybody can listen to. What nobody
 * has named an environment may be production: it starts with that provider only where nobody else can reach it.
 *
 * @throws MILLRACE_IDENTITY_NOT_CONFIGURED, MILLRACE_IDENTITY_ORIGIN_INSECURE, MILLRACE_IDENTITY_LOCAL_REACHABLE
 */
export function checkIdentity(app: App, settings: Settings): void {
  if (app.identity === undefined) return
  const isProduction = isServed(settings.MILLRACE_ENV)
  if (!isProduction && settings.OIDC_ISSUER === undefined) {
    checkReach(settings)
    return
  }
  for (const missing of ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'ORIGIN'] as const)
    if (settings[missing] === undefined) throw identityErrors.MILLRACE_IDENTITY_NOT_CONFIGURED({ missing })
  const { ORIGIN: origin = '' } = settings
  if (isProduction && !origin.startsWith('https:')) throw identityErrors.MILLRACE_IDENTITY_ORIGIN_INSECURE({ origin })
}

function checkReach({ isEnvironmentNamed, isProductionElsewhere, HOST, ORIGIN }: Settings): void {
  if (isEnvironmentNamed) return
  const reachable = (name: string, value: string): Error =>
    identityErrors.MILLRACE_IDENTITY_LOCAL_REACHABLE({ name, value })
  if (isProductionElsewhere) throw reachable('NODE_ENV', 'production')
  if (!isLoopback(HOST)) throw reachable('HOST', HOST)
  if (ORIGIN !== undefined && !isLoopback(new URL(ORIGIN).hostname)) throw reachable('ORIGIN', ORIGIN)
}

/** Makes the identity of a web process, over the sessions that it is given. */
export function identityOf(parts: Parts, sessions: Sessions): (server: WebServer) => Promise<WebIdentity> {
  const { app, settings, db, clock, log } = parts
  const { roles, claims = [] } = app.identity ?? { roles: [] }
  checkIdentity(app, settings)
  return async (server) => {
    const origin = settings.ORIGIN ?? server.address().url
    const isLocal = settings.OIDC_ISSUER === undefined
    if (isLocal) log.warn({ origin }, 'the local identity provider lets anybody in who can reach this address')
    const provider = openIdProvider({
      ...(isLocal ? localClient(server, origin) : ownClient(settings)),
      redirectUri: `${origin}${CALLBACK_PATH}`,
      afterLogoutUri: `${origin}/`,
      facts: { rolesClaim: settings.OIDC_ROLES_CLAIM, roles, claims, emails: settings.OIDC_EMAILS },
      clock,
    })
    const local = (): Promise<LocalProvider> =>
      openLocalProvider({
        db,
        users: localUsersOf(app),
        address: new URL(LOCAL_PATH, origin),
        redirectUri: `${origin}${CALLBACK_PATH}`,
        afterLogoutUri: `${origin}/`,
        backchannelLogoutUri: `${origin}${BACKCHANNEL_PATH}`,
        fetch: (url, init) => server.ask(url, init),
      })
    return {
      identity: new Identity({ db, provider, accounts: new Accounts({ db, clock }), sessions, log, clock }),
      origin,
      cookies: cookieNames(origin),
      roles,
      claims,
      local: isLocal ? lately(local) : undefined,
    }
  }
}

type ClientOptions = Pick<OpenIdOptions, 'issuer' | 'clientId' | 'clientSecret' | 'scopes' | 'audience' | 'fetch'>

/** What the application is at a provider of its own. */
function ownClient(settings: Settings): ClientOptions {
  const { OIDC_ISSUER: issuer = '', OIDC_CLIENT_ID: clientId = '', OIDC_CLIENT_SECRET: clientSecret } = settings
  const { OIDC_SCOPES: scopes, OIDC_AUDIENCE: audience = clientId } = settings
  return { issuer, clientId, clientSecret, scopes: scopes.split(' '), audience }
}

/** What it is at the local one, which runs in this very process. */
function localClient(server: WebServer, origin: string): ClientOptions {
  return {
    issuer: LOCAL_ISSUER,
    clientId: LOCAL_CLIENT,
    clientSecret: LOCAL_CLIENT_SECRET,
    scopes: SCOPES,
    audience: LOCAL_AUDIENCE,
    fetch: (url, init) => server.ask(url.replace(LOCAL_ISSUER, `${origin}${LOCAL_PATH}`), init),
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
