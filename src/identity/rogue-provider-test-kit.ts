/** A provider that misbehaves as a test wants it to: real HTTP on loopback, real keys, and a lie of the test's own. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'
import { newRandomId } from '../kernel/ids.ts'

export interface SigningKey {
  readonly kid: string | undefined
  readonly alg: string
  readonly key: CryptoKey
  readonly public: JWK
}

export async function signingKey(alg = 'ES256', kid: string | undefined = newRandomId()): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const known = kid === undefined ? {} : { kid }
  return { kid, alg, key: privateKey, public: { ...(await exportJWK(publicKey)), ...known, alg, use: 'sig' } }
}

/** What a test may change. Each is asked when it is needed; what is left out is as it should be. */
export interface Lies {
  metadata?: (metadata: Record<string, unknown>) => Record<string, unknown>
  keys?: () => readonly JWK[]
  idToken?: (claims: JWTPayload) => Promise<string> | string
  idClaims?: (claims: JWTPayload) => JWTPayload
  tokens?: (tokens: Record<string, unknown>) => Record<string, unknown>
  userInfo?: (claims: Record<string, unknown>) => Record<string, unknown>
  /** Answers a request by itself; true: it has. */
  answer?: (path: string, request: IncomingMessage, response: ServerResponse) => boolean
}

export interface RogueProvider extends AsyncDisposable {
  readonly issuer: string
  readonly key: SigningKey
  readonly lies: Lies
  /** Requests so far, by path. */
  readonly asked: Map<string, number>
  /** What the token endpoint was sent, oldest first. */
  readonly tokenRequests: URLSearchParams[]
  /** Nonces by code: what the authorization endpoint would have kept. */
  readonly nonces: Map<string, string>
  sign(claims: JWTPayload, by?: SigningKey, header?: Record<string, unknown>): Promise<string>
}

export const CLIENT = 'the-application'
export const SUBJECT = 'subject-1'

export async function rogueProvider(lies: Lies = {}): Promise<RogueProvider> {
  const key = await signingKey()
  const asked = new Map<string, number>()
  const tokenRequests: URLSearchParams[] = []
  const nonces = new Map<string, string>()
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const sign: RogueProvider['sign'] = (claims, by = key, header = {}) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: by.alg, ...(by.kid === undefined ? {} : { kid: by.kid }), ...header })
      .sign(by.key)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', issuer).pathname
    asked.set(path, (asked.get(path) ?? 0) + 1)
    const body = new URLSearchParams(Buffer.concat(await Array.fromAsync(request)).toString())
    if (path === '/token') tokenRequests.push(body)
    if (lies.answer?.(path, request, response) === true) return
    const found = await bodyOf(path, body)
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ?? {}))
  }

  async function bodyOf(path: string, form: URLSearchParams): Promise<unknown> {
    switch (path) {
      case '/.well-known/openid-configuration': {
        const metadata = {
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          userinfo_endpoint: `${issuer}/userinfo`,
          end_session_endpoint: `${issuer}/logout`,
          authorization_response_iss_parameter_supported: true,
          response_types_supported: ['code'],
          id_token_signing_alg_values_supported: ['RS256', 'ES256'],
        }
        return lies.metadata?.(metadata) ?? metadata
      }
      case '/jwks':
        return { keys: lies.keys?.() ?? [key.public] }
      case '/token': {
        const nonce = nonces.get(form.get('code') ?? '')
        const nowS = Math.floor(Date.now() / 1_000)
        const claims: JWTPayload = {
          iss: issuer,
          sub: SUBJECT,
          aud: CLIENT,
          iat: nowS,
          exp: nowS + 300,
          sid: 'login-1',
          ...(nonce === undefined ? {} : { nonce }),
        }
        const told = lies.idClaims?.(claims) ?? claims
        const tokens = {
          access_token: 'an access token',
          token_type: 'Bearer',
          expires_in: 300,
          refresh_token: `refresh-${tokenRequests.length}`,
          id_token: (await lies.idToken?.(told)) ?? (await sign(told)),
        }
        return lies.tokens?.(tokens) ?? tokens
      }
      case '/userinfo': {
        const claims = { sub: SUBJECT, name: 'Ada', email: 'ada@example.org', email_verified: true, roles: ['editor'] }
        return lies.userInfo?.(claims) ?? claims
      }
      default:
        return undefined
    }
  }

  return {
    issuer,
    key,
    lies,
    asked,
    tokenRequests,
    nonces,
    sign,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
