/**
 * Sessions in Redis or Valkey, for whoever has one: `CACHE_URL`. A session is a hash under the hash of its token, which Redis
 * itself forgets when it is over; two sets say which sessions an account, and a login at the provider, have. Times are those
 * of the web processes, whose clocks may differ by seconds.
 *
 * Guarantee: as of the port, as long as Redis keeps what it has acknowledged. Where it loses that in a failover, a session that
 * ended in the last moments may live on until it expires.
 */
import type { createClient } from '@redis/client'
import { type Clock, withDeadline } from '../kernel/clock.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { newId, newSecret } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import { sessionErrors } from './errors.ts'
import { lua } from './lua.ts'
import {
  AGENT_CHARS_MAX,
  type BegunSession,
  type Ending,
  IDLE_MS,
  LIFE_MS,
  type NewSession,
  RENEW_MS,
  SESSIONS_SHOWN_MAX,
  type Session,
  type Sessions,
  TOUCH_MS,
} from './session.ts'
import { hashOf, isToken, seal, unseal } from './token.ts'

type Client = ReturnType<typeof createClient>

/** Until Redis has answered one command. */
export const ANSWER_MS_MAX = 2_000
const PREFIX = 'millrace:'

const beginScript = lua(import.meta.url, 'lua/begin-session.lua')
const touchScript = lua(import.meta.url, 'lua/touch-session.lua')
const endScript = lua(import.meta.url, 'lua/end-session.lua')
const endOfScript = lua(import.meta.url, 'lua/end-sessions.lua')
const takeRenewalScript = lua(import.meta.url, 'lua/take-renewal.lua')
const keepSecretScript = lua(import.meta.url, 'lua/keep-secret.lua')

export interface RedisSessionsOptions {
  /** Connected. It stays the caller's to close. */
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
}

export function redisSessions(options: RedisSessionsOptions): Sessions {
  return new RedisSessions(options)
}

/** A session as it lies there: all values are text. */
type Stored = Readonly<Record<string, string>>

class RedisSessions implements Sessions {
  readonly #options: RedisSessionsOptions

  constructor(options: RedisSessionsOptions) {
    this.#options = options
  }

  async begin({ account, providerSession, agent, secret, replaces }: NewSession): Promise<BegunSession> {
    const { clock } = this.#options
    const token = newSecret()
    const now = clock.now()
    const stored: Stored = {
      id: newId(now),
      account,
      provider: providerSession ?? '',
      agent: agent.slice(0, AGENT_CHARS_MAX),
      begunAt: String(now),
      seenAt: String(now),
      idleUntil: String(now + IDLE_MS),
      endsAt: String(now + LIFE_MS),
      secret: secret === null ? '' : seal(token, secret).toString('base64'),
      renewedAt: String(now),
    }
    const old = replaces === undefined || !isToken(replaces) ? '' : nameOf(replaces)
    await this.#run(beginScript, [nameOf(token), old], [String(LIFE_MS), PREFIX, ...Object.entries(stored).flat()])
    return { token, session: sessionOf(stored, now) }
  }

  async find(token: string): Promise<Session | undefined> {
    if (!isToken(token)) return undefined
    const now = this.#options.clock.now()
    const stored = await this.#read(nameOf(token))
    if (stored === undefined || !isAlive(stored, now)) return undefined
    if (now - Number(stored['seenAt']) >= TOUCH_MS) await this.#touch(nameOf(token), now)
    return sessionOf(stored, now)
  }

  async list(account: string): Promise<readonly Session[]> {
    const now = this.#options.clock.now()
    const names = await this.#ask((client) => client.sMembers(`${PREFIX}account:${account}`))
    const all = await Promise.all(names.map((name) => this.#read(name)))
    return all
      .flatMap((stored) => (stored === undefined || !isAlive(stored, now) ? [] : [sessionOf(stored, now)]))
      .toSorted((a, b) => b.seenAt.getTime() - a.seenAt.getTime() || (a.id < b.id ? -1 : 1))
      .slice(0, SESSIONS_SHOWN_MAX)
  }

  async end(token: string): Promise<void> {
    if (isToken(token)) await this.#run(endScript, [nameOf(token)], [PREFIX])
  }

  async endOf(account: string, which: Ending): Promise<number> {
    const only = typeof which === 'object' && 'only' in which ? which.only : ''
    const spared = typeof which === 'object' && 'allBut' in which ? which.allBut : ''
    return this.#endAll(`${PREFIX}account:${account}`, only, spared)
  }

  async endOfProvider(providerSession: string): Promise<number> {
    return this.#endAll(`${PREFIX}provider:${providerSession}`, '', '')
  }

  async takeRenewal(token: string): Promise<string | undefined> {
    if (!isToken(token)) return undefined
    const now = this.#options.clock.now()
    const sealed = await this.#run(takeRenewalScript, [nameOf(token)], [String(now), String(RENEW_MS)])
    return typeof sealed === 'string' ? unseal(token, Buffer.from(sealed, 'base64')) : undefined
  }

  async keepSecret(token: string, secret: string): Promise<void> {
    if (!isToken(token)) return
    await this.#run(keepSecretScript, [nameOf(token)], [seal(token, secret).toString('base64')])
  }

  async #endAll(set: string, only: string, spared: string): Promise<number> {
    return Number(await this.#run(endOfScript, [set], [PREFIX, only, spared, String(this.#options.clock.now())]))
  }

  async #read(name: string): Promise<Stored | undefined> {
    const stored = await this.#ask((client) => client.hGetAll(name))
    return stored['id'] === undefined ? undefined : { ...stored }
  }

  /** Never rejects: a session whose use could not be noted is noted at its next one. */
  async #touch(name: string, now: number): Promise<void> {
    try {
      await this.#run(touchScript, [name], [String(now), String(now + IDLE_MS)])
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the use of a session could not be noted')
    }
  }

  #run(script: string, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return this.#ask((client) => client.eval(script, { keys: [...keys], arguments: [...values] }))
  }

  /** @throws MILLRACE_SESSION_STORE_AWAY: never nobody, and never somebody else. */
  async #ask<T>(command: (client: Client) => Promise<T>): Promise<T> {
    const { client, clock } = this.#options
    if (!client.isReady) throw away('there is no connection')
    try {
      return await withDeadline(clock, ANSWER_MS_MAX, command(client), () =>
        away(`no answer within ${ANSWER_MS_MAX} ms`),
      )
    } catch (thrown) {
      throw isMillraceError(thrown) ? thrown : away(asError(thrown).message, thrown)
    }
  }
}

function away(why: string, cause?: unknown): Error {
  return sessionErrors.MILLRACE_SESSION_STORE_AWAY({ why }, cause)
}

function nameOf(token: string): string {
  return `${PREFIX}session:${hashOf(token).toString('base64url')}`
}

function isAlive(stored: Stored, now: number): boolean {
  return now < Number(stored['idleUntil']) && now < Number(stored['endsAt'])
}

function sessionOf(stored: Stored, now: number): Session {
  const { id = '', account = '', agent = '', secret = '' } = stored
  const at = (name: string): Date => new Date(Number(stored[name]))
  return {
    ...{ id, account, agent },
    begunAt: at('begunAt'),
    seenAt: at('seenAt'),
    endsAt: at('endsAt'),
    isRenewalDue: secret !== '' && now - Number(stored['renewedAt']) > RENEW_MS,
  }
}
