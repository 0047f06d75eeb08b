/** What the local provider signs with: made by whoever comes first, kept in the database, the same for all processes. */
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { sql } from '../../data/sql.ts'
import type { Queryable } from '../../data/transaction.ts'
import type { Clock } from '../../kernel/clock.ts'
import { newRandomId, newSecret } from '../../kernel/ids.ts'
import { claimsOf, type LocalUser } from './users.ts'

const secretStatement = sql(import.meta.url, '../sql/local-secret.sql')

/**
 * What the local provider is called. No address: accounts and tokens stay good when the application moves to another port.
 */
export const LOCAL_ISSUER = 'http://identity.localhost'
/** The client that the application is at the local provider, and the audience of its access tokens. */
export const LOCAL_CLIENT = 'application'
export const LOCAL_CLIENT_SECRET = 'development'
export const LOCAL_AUDIENCE = 'urn:millrace:application'
/** How long a token for a script is good. */
export const LOCAL_TOKEN_MS = 12 * 3_600_000

export interface LocalSecrets {
  readonly signing: JWK
  readonly cookies: string
}

export async function localSecrets(db: Queryable): Promise<LocalSecrets> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const signing = { ...(await exportJWK(privateKey)), kid: newRandomId(), alg: 'ES256', use: 'sig' }
  const mine: LocalSecrets = { signing, cookies: newSecret() }
  const { rows } = await db.query<{ payload: LocalSecrets }>(secretStatement, [JSON.stringify(mine)])
  return rows[0]?.payload ?? mine
}

/** An access token for a script, as the local provider would make it. */
export async function localToken(
  db: Queryable,
  user: LocalUser,
  { clock, scopes }: { readonly clock: Clock; readonly scopes: readonly string[] },
): Promise<string> {
  const { signing } = await localSecrets(db)
  const nowS = Math.floor(clock.now() / 1_000)
  const { sub: _sub, ...claims } = claimsOf(user)
  return new SignJWT({ ...claims, client_id: 'script', scope: scopes.join(' ') })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: signing.kid ?? '' })
    .setIssuer(LOCAL_ISSUER)
    .setSubject(user.id)
    .setAudience(LOCAL_AUDIENCE)
    .setJti(newRandomId())
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + LOCAL_TOKEN_MS / 1_000)
    .sign(await importJWK(signing, 'ES256'))
}
