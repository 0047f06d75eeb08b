/** The relying party as it stands before a provider that misbehaves, and one login of it. */
import { strict as assert } from 'node:assert'
import { createHmac } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { systemClock } from '../kernel/clock.ts'
import { newSecret } from '../kernel/ids.ts'
import { type OpenIdOptions, openIdProvider } from './openid-provider.ts'
import type { LoggedIn, LoginSecrets, Provider } from './provider.ts'
import { CLIENT, type Lies, type RogueProvider, rogueProvider, SUBJECT } from './rogue-provider-test-kit.ts'

export const REDIRECT = 'https://photos.example/identity/callback'
const AUDIENCE = 'urn:photos'
export const isRefused = { code: 'MILLRACE_IDENTITY_LOGIN_REFUSED' }

export function partyOf(rogue: RogueProvider, more: Partial<OpenIdOptions> = {}): Provider {
  return openIdProvider({
    issuer: rogue.issuer,
    clientId: CLIENT,
    clientSecret: 'a secret',
    redirectUri: REDIRECT,
    afterLogoutUri: 'https://photos.example/',
    scopes: ['openid', 'profile'],
    audience: AUDIENCE,
    facts: { rolesClaim: 'roles', roles: ['editor', 'viewer'], claims: ['department'], emails: 'verified' },
    clock: systemClock,
    ...more,
  })
}

export function newLogin(): LoginSecrets {
  return { state: newSecret(), nonce: newSecret(), verifier: newSecret() }
}

/** One login, through the front door; `answer` changes the address at which the browser comes back. */
export async function login(
  rogue: RogueProvider,
  party: Provider = partyOf(rogue),
  answer: (url: URL) => void = () => {},
): Promise<LoggedIn> {
  const secrets = newLogin()
  const sent = await party.loginUrl(secrets)
  const code = newSecret()
  rogue.nonces.set(code, sent.searchParams.get('nonce') ?? '')
  const back = new URL(REDIRECT)
  for (const [name, value] of Object.entries({ code, state: secrets.state, iss: rogue.issuer }))
    back.searchParams.set(name, value)
  answer(back)
  return party.finishLogin(back, secrets)
}

export async function refuses(lies: Lies, expected: { readonly code: string } = isRefused): Promise<void> {
  await using rogue = await rogueProvider(lies)
  await assert.rejects(login(rogue), expected)
}

export function accessClaims(rogue: RogueProvider): JWTPayload {
  const nowS = Math.floor(Date.now() / 1_000)
  return {
    iss: rogue.issuer,
    sub: SUBJECT,
    aud: AUDIENCE,
    iat: nowS,
    exp: nowS + 300,
    scope: 'read write',
    roles: ['editor'],
  }
}

export function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

export function hmacSigned(claims: JWTPayload, secret: string, kid: string | undefined, typ = 'JWT'): string {
  const head = `${encoded({ alg: 'HS256', typ, ...(kid === undefined ? {} : { kid }) })}.${encoded(claims)}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}
