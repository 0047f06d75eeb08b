/**
 * What a provider says of itself, its keys included: asked for when it is first needed, believed for an hour, and kept where
 * the provider is away then.
 *
 * @see OpenID Connect Discovery 1.0
 */
import { createRemoteJWKSet, customFetch as joseFetch, type RemoteJWKSet } from 'jose'
import * as openid from 'openid-client'
import type { Clock } from '../kernel/clock.ts'
import { asError, isMillraceError, type MillraceError } from '../kernel/errors.ts'
import { boundedFetch, type Fetch } from './bounded-fetch.ts'
import { identityErrors } from './errors.ts'

export interface DiscoveryOptions {
  readonly issuer: string
  readonly clientId: string
  /** Absent: a public client. */
  readonly clientSecret: string | undefined
  /** How the provider is asked. Default: over the network, bounded. */
  readonly fetch?: Fetch
  readonly clock: Clock
}

/** How long what the provider says of itself, and its keys, are believed … */
export const METADATA_MS_MAX = 3_600_000
/** … and how much longer each time that it does not answer then: nobody waits for it meanwhile. */
export const METADATA_AGAIN_MS = 30_000
/** Keys are asked for again when a token names one that is not known: not more often than this. */
export const KEYS_AGAIN_MS = 60_000

export interface Discovered {
  readonly config: openid.Configuration
  readonly keys: RemoteJWKSet
  /** Where the provider has its keys. */
  readonly keysAt: string
}

export class Discovery {
  readonly #options: DiscoveryOptions
  readonly #fetch: Fetch
  #known: Discovered | undefined
  #askAtMs = 0
  #asking: Promise<Discovered> | undefined

  constructor(options: DiscoveryOptions) {
    this.#options = options
    this.#fetch = options.fetch ?? boundedFetch((why, cause) => this.away(why, cause))
  }

  /** What the provider says of itself. Asked once for all who wait, and again after an hour; an old word is better than none. */
  async ask(): Promise<Discovered> {
    const { clock } = this.#options
    const known = this.#known
    if (known !== undefined && clock.now() < this.#askAtMs) return known
    this.#asking ??= this.#discover().finally(() => {
      this.#asking = undefined
    })
    try {
      return await this.#asking
    } catch (thrown) {
      if (known === undefined) throw thrown
      this.#askAtMs = clock.now() + METADATA_AGAIN_MS
      return known
    }
  }

  async #discover(): Promise<Discovered> {
    const { issuer, clientId, clientSecret, clock } = this.#options
    const url = new URL(issuer)
    try {
      const config = await openid.discovery(
        url,
        clientId,
        clientSecret,
        clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret),
        {
          [openid.customFetch]: (to: string, options: object) => this.#fetch(to, options),
          // signatures are checked by openid-provider.ts: the library would ask for keys before it gives away the next refresh token
          execute: url.protocol === 'http:' ? [openid.allowInsecureRequests] : [],
        },
      )
      const { jwks_uri: keysAt } = config.serverMetadata()
      if (keysAt === undefined) throw this.wrong('it names no keys (jwks_uri)')
      const keys = this.#known?.keysAt === keysAt ? this.#known.keys : this.#keysOf(keysAt)
      await keys.reload()
      this.#known = { config, keys, keysAt }
      this.#askAtMs = clock.now() + METADATA_MS_MAX
      return this.#known
    } catch (thrown) {
      throw awayIn(thrown) ?? this.wrong(asError(thrown).message, thrown)
    }
  }

  #keysOf(keysAt: string): RemoteJWKSet {
    return createRemoteJWKSet(new URL(keysAt), {
      cooldownDuration: KEYS_AGAIN_MS,
      cacheMaxAge: Number.POSITIVE_INFINITY, // they are loaded again with the metadata, and kept where that fails
      [joseFetch]: (to, options) => this.#fetch(to, options as RequestInit),
    })
  }

  away(why: string, cause?: unknown): MillraceError {
    return identityErrors.MILLRACE_IDENTITY_PROVIDER_AWAY({ issuer: this.#options.issuer, why }, cause)
  }

  wrong(why: string, cause?: unknown): MillraceError {
    return identityErrors.MILLRACE_IDENTITY_PROVIDER_WRONG({ issuer: this.#options.issuer, why }, cause)
  }
}

/** Our own word for a provider that cannot be asked, wherever in an error the libraries have put it. */
export function awayIn(thrown: unknown): MillraceError | undefined {
  for (let error: unknown = thrown; error instanceof Error; error = error.cause)
    if (isMillraceError(error)) return error
  return undefined
}
