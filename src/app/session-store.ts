/** Where sessions are kept: in the database, or in the Redis that CACHE_URL names. */
import { withDeadline } from '../kernel/clock.ts'
import type { Service } from '../kernel/service.ts'
import { sessionErrors } from '../session/errors.ts'
import { postgresSessions } from '../session/postgres-sessions.ts'
import type { Sessions } from '../session/session.ts'
import type { Parts } from './parts.ts'

export interface SessionStore extends Service {
  readonly sessions: Sessions
  /** Waits until it can be asked: for whoever cannot try again later. @throws MILLRACE_SESSION_STORE_AWAY */
  reached(): Promise<void>
}

/** Longer than one try to connect takes. */
const REACH_MS_MAX = 3_000

/** @throws MILLRACE_SESSION_CLIENT_ABSENT */
export async function openSessionStore(parts: Pick<Parts, 'db' | 'clock' | 'log' | 'settings'>): Promise<SessionStore> {
  const { db, clock, log, settings } = parts
  const url = settings.CACHE_URL
  if (url === undefined) {
    const nothing = async (): Promise<void> => {}
    return { sessions: postgresSessions({ db, clock, log }), start: nothing, stop: nothing, reached: nothing }
  }
  const { redisConnection } = await import('../session/redis-client.ts')
  const { redisSessions } = await import('../session/redis-sessions.ts')
  const connection = await redisConnection(url, log)
  return {
    sessions: redisSessions({ client: connection.client, clock, log }),
    start: async () => connection.start(),
    reached: () =>
      withDeadline(clock, REACH_MS_MAX, connection.connected, () =>
        sessionErrors.MILLRACE_SESSION_STORE_AWAY({ why: `there was no connection within ${REACH_MS_MAX} ms` }),
      ),
    stop: async () => connection.stop(),
  }
}
