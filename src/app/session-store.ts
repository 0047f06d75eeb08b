/** Where sessions are kept: in the database, or in the Redis that CACHE_URL names. */
import type { Service } from '../kernel/service.ts'
import { postgresSessions } from '../session/postgres-sessions.ts'
import type { Sessions } from '../session/session.ts'
import type { Parts } from './parts.ts'

export interface SessionStore extends Service {
  readonly sessions: Sessions
}

/** @throws MILLRACE_SESSION_CLIENT_ABSENT */
export async function openSessionStore(parts: Pick<Parts, 'db' | 'clock' | 'log' | 'settings'>): Promise<SessionStore> {
  const { db, clock, log, settings } = parts
  const url = settings.CACHE_URL
  if (url === undefined) {
    return { sessions: postgresSessions({ db, clock, log }), start: async () => {}, stop: async () => {} }
  }
  const { redisConnection } = await import('../session/redis-client.ts')
  const { redisSessions } = await import('../session/redis-sessions.ts')
  const connection = await redisConnection(url, log)
  return {
    sessions: redisSessions({ client: connection.client, clock, log }),
    start: async () => connection.start(),
    stop: async () => connection.stop(),
  }
}
