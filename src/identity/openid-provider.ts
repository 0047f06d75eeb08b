/**
 * The provider over OpenID Connect: code flow with PKCE, by openid-client; tokens that others bring, by jose.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700 (security of OAuth 2.0), OpenID Connect Core 1.0, Back-Channel Logout 1.0
 */
import { strict as assert } from 'node:assert'
import { compactVerify, type JWTPayload, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import { withDeadline } from '../kernel/clock.ts'
import { asError, isMillraceError, type MillraceError } from '../kernel/errors.ts'
import { awayIn, type Discovered, Discovery, type DiscoveryOptions } from './discovery.ts'
import { identityErrors } from './errors.ts'
import { type FactRules, saidBy } from './facts.ts'
import type { Grant, LoggedIn, LoginSecrets, LogoutToken, Provider } from './provider.ts'

export interface OpenIdOptions extends DiscoveryOptions {
  /** Where the provider sends browsers back to. */
  readonly redirectUri: string
  /** Where it sends them after a logout. */
  readonly afterLogoutUri: string
  readonly scopes: readonly string[]
  /** The audience of access tokens for this application. */
  readonly audience: string
  readonly facts: FactRules
}

/** A login that takes longer than this is refused: three requests, each bounded (bounded-fetch.ts). */
const LOGIN_MS_MAX = 9_000
/** Clocks of providers and ours may differ. */
const CLOCK_TOLERANCE_S = 5
/** An ID token from further ahead would make all that the provider says until then older than itself. */
const ID_TOKEN_AHEAD_S_MAX = 300
/** A logout token says that something has just happened. */
const LOGOUT_TOKEN_AGE_S_MAX = 300
/** Signatures by a key that only the provider has: `none` and the client's own secret are not among them. */
const SIGNATURES = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

type Tokens = openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers

export function openIdProvider(options: OpenIdOptions): Provider {
  return new OpenIdProvider(options)
}

class OpenIdProvider implements Provider {
  readonly issuer: string
  readonly #options: OpenIdOptions
  readonly #discovery: Discovery

  constructor(options: OpenIdOptions) {
    this.issuer = options.issuer
    this.#options = options
    this.#discovery = new Discovery(options)
  }

  async loginUrl({ state, nonce, verifier }: LoginSecrets): Promise<URL> {
    const { scopes, redirectUri } = this.#options
    const { config } = await this.#discovery.ask()
    return openid.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: scopes.join(' '),
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
  }

  finishLogin(answer: URL, secrets: LoginSecrets): Promise<LoggedIn> {
    const { clock } = this.#options
    return withDeadline(clock, LOGIN_MS_MAX, this.#finishLogin(answer, secrets), () =>
      this.#discovery.away(`no answer within ${LOGIN_MS_MAX} ms`),
    )
  }

  async #finishLogin(answer: URL, { state, nonce, verifier }: LoginSecrets): Promise<LoggedIn> {
    const known = await this.#discovery.ask()
    try {
      const tokens = await openid.authorizationCodeGrant(known.config, answer, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      const subject = tokens.claims()?.sub
      if (subject === undefined) throw refused('there is no ID token')
      return await this.#loggedIn(known, tokens, { subject, refreshToken: tokens.refresh_token })
    } catch (thrown) {
      throw refusalOf(thrown)
    }
  }

  async renew(grant: Grant, keep: (next: Grant) => Promise<void>): Promise<LoggedIn> {
    assert.ok(grant.refreshToken !== undefined, 'a grant without a refresh token cannot be renewed')
    const known = await this.#discovery.ask()
    try {
      const tokens = await openid.refreshTokenGrant(known.config, grant.refreshToken)
      const { sub: subject = grant.subject } = tokens.claims() ?? {}
      if (subject !== grant.subject) throw refused('it is another one than before (sub)')
      const next = { subject, refreshToken: tokens.refresh_token ?? grant.refreshToken }
      if (next.refreshToken !== grant.refreshToken) await keep(next)
      return await this.#loggedIn(known, tokens, next)
    } catch (thrown) {
      throw this.#endOf(thrown)
    }
  }

  async logoutUrl(): Promise<URL | undefined> {
    const { config } = await this.#discovery.ask()
    if (config.serverMetadata().end_session_endpoint === undefined) return undefined
    return openid.buildEndSessionUrl(config, { post_logout_redirect_uri: this.#options.afterLogoutUri })
  }

  async checkAccessToken(token: string): ReturnType<Provider['checkAccessToken']> {
    const { audience, facts } = this.#options
    const invalid = (why: string, cause?: unknown) => identityErrors.MILLRACE_IDENTITY_TOKEN_INVALID({ why }, cause)
    const claims = await this.#verify(token, { audience, typ: 'at+jwt' }, invalid)
    const { sub, iat, scope } = claims
    if (typeof sub !== 'string' || sub === '') throw invalid('it names nobody (sub)')
    const scopes = typeof scope === 'string' ? scope.split(' ').filter((word) => word !== '') : []
    // made for an application, not to tell it everything: what is not in it may be so all the same
    const from = { issuer: this.issuer, subject: sub, atMs: (iat ?? 0) * 1_000, isAll: false }
    return { said: saidBy(claims, facts, from), scopes }
  }

  async checkLogoutToken(token: string): Promise<LogoutToken> {
    const invalid = (why: string, cause?: unknown) =>
      identityErrors.MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID({ why }, cause)
    const claims = await this.#verify(token, { audience: this.#options.clientId, typ: undefined }, invalid)
    const { iat = 0, exp, jti, sub, sid, events, nonce } = claims
    if (nonce !== undefined) throw invalid('it has a nonce, which only an ID token may have')
    if (typeof jti !== 'string' || jti === '' || jti.length > 500) throw invalid('it has no id (jti)')
    if (typeof events !== 'object' || events === null || !Object.hasOwn(events, LOGOUT_EVENT))
      throw invalid('it does not say that somebody has logged out (events)')
    if (sub === undefined && sid === undefined) throw invalid('it names neither a user nor a login (sub, sid)')
    if (sid !== undefined && typeof sid !== 'string') throw invalid('the name of its login is no text (sid)')
    const nowS = this.#options.clock.now() / 1_000
    if (nowS - iat > LOGOUT_TOKEN_AGE_S_MAX) throw invalid(`it is older than ${LOGOUT_TOKEN_AGE_S_MAX} s`)
    const expiresAtMs = (Math.max(exp ?? 0, iat + LOGOUT_TOKEN_AGE_S_MAX) + CLOCK_TOLERANCE_S) * 1_000
    return { issuer: this.issuer, jti, subject: sub, providerSession: sid, atMs: iat * 1_000, expiresAtMs }
  }

  /** A token that somebody brought: made by the provider, for us, and good now. */
  async #verify(
    token: string,
    expected: { readonly audience: string; readonly typ: string | undefined },
    invalid: (why: string, cause?: unknown) => MillraceError,
  ): Promise<JWTPayload> {
    const { config, keys } = await this.#discovery.ask()
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: config.serverMetadata().issuer,
        audience: expected.audience,
        algorithms: SIGNATURES,
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(this.#options.clock.now()),
        requiredClaims: expected.typ === undefined ? ['iat'] : ['iat', 'exp'],
        ...(expected.typ === undefined ? {} : { typ: expected.typ }),
      })
      if ((payload.iat ?? 0) > this.#options.clock.now() / 1_000 + CLOCK_TOLERANCE_S)
        throw invalid('it was made in the future (iat)')
      return payload
    } catch (thrown) {
      if (isMillraceError(thrown)) throw thrown
      throw awayIn(thrown) ?? invalid(asError(thrown).message, thrown)
    }
  }

  async #loggedIn({ config, keys }: Discovered, tokens: Tokens, grant: Grant): Promise<LoggedIn> {
    const { facts, clock } = this.#options
    const { subject } = grant
    // the signature of an ID token is checked although it comes from the provider itself
    if (tokens.id_token !== undefined) await compactVerify(tokens.id_token, keys, { algorithms: SIGNATURES })
    const id = tokens.claims()
    const aheadS = (id?.iat ?? 0) - clock.now() / 1_000
    if (aheadS > ID_TOKEN_AHEAD_S_MAX) throw new Error('its ID token was made in the future (iat)')
    const hasUserInfo = config.serverMetadata().userinfo_endpoint !== undefined
    const more = hasUserInfo ? await openid.fetchUserInfo(config, tokens.access_token, subject) : {}
    const atMs = id === undefined ? clock.now() : id.iat * 1_000
    const isAll = id !== undefined || hasUserInfo
    const sid = id?.['sid']
    return {
      said: saidBy({ ...id, ...more }, facts, { issuer: this.issuer, subject, atMs, isAll }),
      grant,
      providerSession: typeof sid === 'string' ? sid : undefined,
    }
  }

  /**
   * What a renewal failed by. It is over when the provider says so of this very grant, or when it is suddenly somebody else's.
   * Whatever else it answers, a proxy in between or a secret that was changed may be the reason: that ends nobody's session.
   */
  #endOf(thrown: unknown): MillraceError {
    const isOver = thrown instanceof openid.ResponseBodyError && thrown.error === 'invalid_grant'
    if (isOver || isSomebodyElse(thrown)) return refusalOf(thrown)
    return awayIn(thrown) ?? this.#discovery.wrong(wordsOf(thrown), thrown)
  }
}

function refused(why: string, cause?: unknown): MillraceError {
  return identityErrors.MILLRACE_IDENTITY_LOGIN_REFUSED({ why }, cause)
}

function refusalOf(thrown: unknown): MillraceError {
  const known = awayIn(thrown)
  if (known !== undefined) return known
  if (thrown instanceof openid.AuthorizationResponseError) {
    // the words are the provider's, or those of whoever made up the address: only its codes are told
    const why = /^[a-z_]{1,60}$/.test(thrown.error) ? thrown.error : 'no reason that can be told'
    return identityErrors.MILLRACE_IDENTITY_LOGIN_DENIED({ why }, thrown)
  }
  return refused(wordsOf(thrown), thrown)
}

/** Tokens or user info of another issuer or user: the library says which it has compared. */
function isSomebodyElse(thrown: unknown): boolean {
  for (let error = thrown; typeof error === 'object' && error !== null; error = Reflect.get(error, 'cause')) {
    const compared: unknown = 'claim' in error ? error.claim : 'attribute' in error ? error.attribute : undefined
    if (compared === 'iss' || compared === 'sub') return true
  }
  return false
}

function wordsOf(thrown: unknown): string {
  const { message, cause } = asError(thrown)
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message
}
