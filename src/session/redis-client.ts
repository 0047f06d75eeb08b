/** The connection to Redis: made again whenever it is lost, and refusing at once what it cannot send. */
import type { createClient } from '@redis/client'
import { random } from '../kernel/ids.ts'
import type { Log } from '../kernel/log.ts'
import { sessionErrors } from './errors.ts'

export interface RedisConnection {
  readonly client: ReturnType<typeof createClient>
  /** Resolves when there was a connection for the first time. */
  readonly connected: Promise<void>
  /** Connects, and goes on trying; does not wait for it. */
  start(): void
  stop(): void
}

const CONNECT_MS_MAX = 2_000
const AGAIN_MS = 50
const AGAIN_MS_MAX = 2_000

/** @throws MILLRACE_SESSION_CLIENT_ABSENT when the optional package `@redis/client` is not installed. */
export async function redisConnection(url: string, log: Log): Promise<RedisConnection> {
  const redis = await import('@redis/client').catch((cause: unknown) => {
    throw sessionErrors.MILLRACE_SESSION_CLIENT_ABSENT({}, cause)
  })
  const client = redis.createClient({
    url,
    disableOfflineQueue: true, // a request is told at once that the store is away
    socket: {
      connectTimeout: CONNECT_MS_MAX,
      reconnectStrategy: (tries) => Math.min(AGAIN_MS * 2 ** tries, AGAIN_MS_MAX) * (0.5 + random() / 2),
    },
  })
  const { promise: connected, resolve: isConnected } = Promise.withResolvers<void>()
  let isTold = false
  client.on('error', (error: Error) => {
    if (!isTold) log.warn({ why: error.message }, 'Redis is away; it is tried again')
    isTold = true
  })
  client.on('ready', () => {
    if (isTold) log.info('Redis is back')
    isTold = false
    isConnected()
    void warnOfEviction(client as unknown as RedisConnection['client'], log)
  })
  return {
    client: client as unknown as RedisConnection['client'],
    connected,
    start() {
      client.connect().catch(() => {}) // told above; it goes on trying
    },
    stop() {
      client.destroy()
    },
  }
}

/**
 * A Redis that makes room by removing what expires anyway, or anything, ends sessions of people, and forgets which sessions
 * an account has. Never rejects: where the question is not allowed, the page on identity has told it.
 */
async function warnOfEviction(client: RedisConnection['client'], log: Log): Promise<void> {
  const said = await client.info('memory').catch(() => '')
  const policy = /^maxmemory_policy:(\S+)/m.exec(said)?.[1] ?? 'noeviction'
  if (policy !== 'noeviction')
    log.warn({ policy }, 'Redis removes sessions when its memory is full: set its maxmemory-policy to noeviction')
}
