/**
 * A real OpenID Connect provider for development, by oidc-provider: login is the real thing from the first minute, with
 * nothing to configure. It lets anybody in as anybody, so production never starts it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Queryable } from '../../data/transaction.ts'
import { isMillraceError } from '../../kernel/errors.ts'
import type { Fetch } from '../bounded-fetch.ts'
import { identityErrors } from '../errors.ts'
import { page } from './page.ts'
import { LOCAL_AUDIENCE, LOCAL_CLIENT, LOCAL_CLIENT_SECRET, LOCAL_ISSUER, localSecrets } from './secrets.ts'
import { localState } from './state.ts'
import { claimsOf, type LocalUser, userOf } from './users.ts'

export interface LocalProviderOptions {
  readonly db: Queryable
  readonly users: readonly LocalUser[]
  /** Under which browsers reach the provider, with its path: https://photos.localhost/identity/local */
  readonly address: URL
  readonly redirectUri: string
  readonly afterLogoutUri: string
  readonly backchannelLogoutUri: string
  /** How it tells the application of a logout: it is in the same process, where it may not look by itself. */
  readonly fetch: Fetch
}

/** One question to a browser: who are you? */
export interface Question {
  readonly uid: string
  readonly users: readonly LocalUser[]
}

export interface LocalProvider {
  /** Answers a request under `address`, whose path begins after it. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** The login that a browser is in. Undefined: none, any more. */
  question(request: IncomingMessage, response: ServerResponse): Promise<Question | undefined>
  /** Lets the browser in as this user, and answers where it goes on. @throws MILLRACE_IDENTITY_ACCOUNT_UNKNOWN */
  letIn(request: IncomingMessage, response: ServerResponse, user: string): Promise<string>
}

const MINUTE_S = 60
const DAY_S = 24 * 3_600
/** Where an interaction shows its page, under the address. */
export const QUESTION_PATH = '/login/'

/** @throws MILLRACE_IDENTITY_LOCAL_ABSENT */
export async function openLocalProvider(options: LocalProviderOptions): Promise<LocalProvider> {
  const { default: Oidc } = await import('oidc-provider').catch((cause: unknown) => {
    throw identityErrors.MILLRACE_IDENTITY_LOCAL_ABSENT({}, cause)
  })
  const secrets = await localSecrets(options.db)
  const provider = new Oidc(LOCAL_ISSUER, configuration(options, secrets))
  provider.proxy = true // it believes what `pinned` says of how browsers reach it
  const callback = provider.callback()
  const pinned = (request: IncomingMessage): IncomingMessage => pin(request, options.address)

  return {
    async handle(request, response) {
      await callback(pinned(request), response)
    },
    async question(request, response) {
      const found = await interactionOf(provider, pinned(request), response)
      return found === undefined ? undefined : { uid: found.uid, users: options.users }
    },
    async letIn(request, response, id) {
      const { id: accountId } = userOf(options.users, id)
      const login = { accountId, remember: true }
      return provider.interactionResult(pinned(request), response, { login }, { mergeWithLastSubmission: false })
    },
  }
}

function configuration(
  { db, users, redirectUri, afterLogoutUri, backchannelLogoutUri, address, fetch }: LocalProviderOptions,
  { signing, cookies }: Awaited<ReturnType<typeof localSecrets>>,
): Configuration {
  return {
    adapter: localState(db),
    fetch: (url, init) => fetch(String(url), init ?? {}),
    clients: [
      {
        client_id: LOCAL_CLIENT,
        client_secret: LOCAL_CLIENT_SECRET,
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [afterLogoutUri],
        backchannel_logout_uri: backchannelLogoutUri,
        backchannel_logout_session_required: true,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [signing] },
    cookies: {
      keys: [cookies],
      names: { session: 'local_session', interaction: 'local_login', resume: 'local_resume' },
      long: { signed: true, httpOnly: true, sameSite: 'lax', path: address.pathname },
      short: { signed: true, httpOnly: true, sameSite: 'lax', path: address.pathname },
    },
    claims: {
      openid: ['sub', 'sid'],
      profile: ['name', 'roles', ...claimNames(users)],
      email: ['email', 'email_verified'],
    },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    pkce: { required: () => true },
    findAccount: (_ctx, id) => {
      const user = users.find((known) => known.id === id)
      return user === undefined ? undefined : { accountId: id, claims: () => ({ ...claimsOf(user), sub: id }) }
    },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    expiresWithSession: async () => false,
    loadExistingGrant: grantEverything,
    interactions: { url: (_ctx, { uid }) => `${address.pathname}${QUESTION_PATH}${uid}` },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: askWhetherToLogOut,
        postLogoutSuccessSource: sayThatTheyAreOut,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        getResourceServerInfo: () => ({
          scope: 'openid profile email',
          audience: LOCAL_AUDIENCE,
          accessTokenFormat: 'jwt' as const,
          jwt: { sign: { alg: 'ES256' as const } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) => {
      const user = users.find((known) => 'accountId' in token && known.id === token.accountId)
      return user === undefined ? undefined : { roles: user.roles ?? [] }
    },
    ttl: {
      AccessToken: 15 * MINUTE_S,
      AuthorizationCode: MINUTE_S,
      IdToken: 15 * MINUTE_S,
      Interaction: 10 * MINUTE_S,
      Grant: 30 * DAY_S,
      RefreshToken: 30 * DAY_S,
      Session: 30 * DAY_S,
    },
  }
}

/** Nobody is asked whether the application may know who they are: it is their own. */
async function grantEverything(ctx: KoaContextWithOIDC) {
  const { provider, client, session, params } = ctx.oidc
  if (client === undefined || session?.accountId === undefined) return undefined
  const known = session.grantIdFor(client.clientId)
  const grant =
    (known === undefined ? undefined : await provider.Grant.find(known)) ??
    new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
  grant.addOIDCScope('openid profile email offline_access')
  const resources = [params?.['resource']].flat().filter((resource) => typeof resource === 'string')
  for (const resource of resources) grant.addResourceScope(resource, 'openid profile email')
  await grant.save()
  return grant
}

/** The page that asks whether to log out here too. `form`: what oidc-provider needs of it. */
function askWhetherToLogOut(ctx: KoaContextWithOIDC, form: string): void {
  const button = '<button form="op.logoutForm" name="logout" value="yes">Log out</button>'
  ctx.body = page('Log out', `<h1>Log out here too?</h1>\n${form}\n<p>${button}</p>`)
}

function sayThatTheyAreOut(ctx: KoaContextWithOIDC): void {
  ctx.body = page('Logged out', '<h1>You are logged out</h1>\n<p><a href="/">Go to the first page</a></p>')
}

async function interactionOf(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  try {
    return await provider.interactionDetails(request, response)
  } catch (thrown) {
    if (isMillraceError(thrown)) throw thrown
    return undefined // it is over, or another browser's
  }
}

function claimNames(users: readonly LocalUser[]): readonly string[] {
  return [...new Set(users.flatMap((user) => Object.keys(user.claims ?? {})))]
}

/** However a request came here: what is made of it leads to the address that is configured, and to no other. */
function pin(request: IncomingMessage, address: URL): IncomingMessage {
  request.headers.host = address.host
  request.headers['x-forwarded-proto'] = address.protocol.slice(0, -1)
  delete request.headers['x-forwarded-host']
  return request
}
