/**
 * How often a client may do what its route bounds (`config.rate`): so many at once, then one after the other. The bound holds
 * over all web processes, in PostgreSQL; each remembers in memory what it has seen itself, which spares the database a flood,
 * and is what holds while the database is away. A client is an address as trusted proxies tell it.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import type { Rate } from '../contract/queue.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { webErrors } from './errors.ts'
import { problemOf } from './problems.ts'

const takeStatement = sql(import.meta.url, 'sql/take-rate.sql')

/** A client's bound. */
export interface ClientRate extends Rate {
  /** What it is that is bounded: routes with the same name share it. */
  readonly name: string
}

/** Clients that a process remembers: those that it has not seen for longest go first. */
export const REMEMBERED_COUNT_MAX = 10_000
/** Groups of 16 bits of an IPv6 address that tell the client: a household has the other four to itself. */
const NETWORK_GROUPS = 4

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How often one client may ask. */
    rate?: ClientRate
  }
}

export interface RatesParts {
  readonly db: Queryable
  readonly clock: Clock
  readonly log: Log
}

/** Holds every route with a `config.rate` to it, before its body is read; the others do not even ask. */
export function holdToRates(app: FastifyInstance, parts: RatesParts): void {
  const rates = new Rates(parts)
  app.addHook('onRoute', (route) => {
    const rate = route.config?.rate
    if (rate === undefined) return
    const hold = async (request: FastifyRequest): Promise<void> => {
      const earlyMs = await rates.take(rate, request.ip)
      if (earlyMs === 0) return
      const seconds = Math.ceil(earlyMs / 1_000)
      throw problemOf(webErrors.MILLRACE_WEB_TOO_OFTEN({ seconds }), { headers: { 'retry-after': String(seconds) } })
    }
    route.onRequest = [route.onRequest ?? [], hold].flat()
  })
}

export class Rates {
  readonly #parts: RatesParts
  readonly #seen = new SeenClients()

  constructor(parts: RatesParts) {
    this.#parts = parts
  }

  /** Takes one. Answers how many milliseconds too early it is; 0: it was taken. */
  async take({ name, count, perMs }: ClientRate, address: string): Promise<number> {
    const { db, clock, log } = this.#parts
    const key = `${name} ${clientOf(address)}`
    const earlyMs = this.#seen.take(key, { count, perMs }, clock.monotonic())
    if (earlyMs > 0) return earlyMs
    try {
      const { rows } = await db.query<{ early_ms: number }>(takeStatement, [key, count, perMs])
      return rows[0]?.early_ms ?? 0
    } catch (thrown) {
      log.warn({ rate: name, why: asError(thrown).message }, 'how often a client asks is counted in this process only')
      return 0
    }
  }
}

/** The clients that one process has seen. Bounded: a hundred thousand addresses cost no more memory than REMEMBERED_COUNT_MAX. */
export class SeenClients {
  /** By client, when its next one would be on time: those that were seen lately, and those that were seen before. */
  #lately = new Map<string, number>()
  #before = new Map<string, number>()

  get count(): number {
    return this.#lately.size + this.#before.size
  }

  /** Answers how many milliseconds too early it is; 0: it was taken. */
  take(key: string, { count, perMs }: Rate, now: number): number {
    const eachMs = perMs / count
    const from = Math.max(this.#lately.get(key) ?? this.#before.get(key) ?? now, now)
    const earlyMs = Math.max(0, from + eachMs - perMs - now)
    this.#lately.set(key, earlyMs > 0 ? from : from + eachMs)
    if (this.#lately.size === REMEMBERED_COUNT_MAX / 2) {
      this.#before = this.#lately
      this.#lately = new Map()
    }
    return earlyMs
  }
}

/** What tells one client from another: an IPv4 address, or the network of an IPv6 one. */
export function clientOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  return `${parsed.parts
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}
