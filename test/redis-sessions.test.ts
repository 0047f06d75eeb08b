/** Sessions in a real Redis. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from 'millrace/testing'
import { systemClock } from '../src/kernel/clock.ts'
import { newRandomId } from '../src/kernel/ids.ts'
import { silentLog } from '../src/kernel/log.ts'
import { sessionsConformance } from '../src/session/conformance-test-kit.ts'
import { type RedisConnection, redisConnection } from '../src/session/redis-client.ts'
import { redisSessions } from '../src/session/redis-sessions.ts'
import type { Sessions } from '../src/session/session.ts'
import { redis, startRedis } from './redis.ts'

async function connected(url: string): Promise<RedisConnection> {
  const connection = await redisConnection(url, silentLog())
  connection.start()
  await until('it is connected', async () => connection.client.isReady)
  return connection
}

const login = {
  account: newRandomId(),
  providerSession: null,
  agent: 'a browser',
  secret: 'a refresh token',
  replaces: undefined,
}

if (redis.skip === false)
  sessionsConformance('sessions in Redis', async () => {
    const server = await startRedis()
    const [one, other] = [await connected(server.url), await connected(server.url)]
    let offsetMs = 0
    const clock = { ...systemClock, now: () => systemClock.now() + offsetMs }
    const over = ({ client }: RedisConnection): Sessions => redisSessions({ client, clock, log: silentLog() })
    return {
      sessions: over(one),
      others: over(other),
      advance: async (ms) => {
        offsetMs += ms
      },
      async [Symbol.asyncDispose]() {
        one.stop()
        other.stop()
        await server[Symbol.asyncDispose]()
      },
    }
  })

describe('Redis as a store of sessions', { skip: redis.skip }, () => {
  test('C2: holds nothing that anybody could get in with, and forgets a session by itself', async () => {
    await using server = await startRedis()
    const connection = await connected(server.url)
    const { token } = await redisSessions({ client: connection.client, clock: systemClock, log: silentLog() }).begin(
      login,
    )
    const names = await connection.client.keys('*')
    for (const name of names) {
      assert.ok((await connection.client.pTTL(name)) > 0, `${name} expires`)
      const fields = name.includes('session:') ? Object.values(await connection.client.hGetAll(name)) : []
      for (const text of [name, ...fields]) {
        assert.ok(!text.includes(token))
        assert.ok(!text.includes('refresh') && !Buffer.from(text, 'base64').toString().includes('refresh'))
      }
    }
    assert.equal(names.length, 2)
    connection.stop()
  })

  test('C12: that does not answer, or is gone, is an error in a moment, never nobody or another', async () => {
    const server = await startRedis()
    const connection = await connected(server.url)
    const sessions = redisSessions({ client: connection.client, clock: systemClock, log: silentLog() })
    const { token, session } = await sessions.begin(login)
    const away = { code: 'MILLRACE_SESSION_STORE_AWAY' }
    server.freeze()
    await assert.rejects(sessions.find(token), away)
    server.goOn()
    await until('it answers again', async () => (await sessions.find(token).catch(() => undefined))?.id === session.id)
    await server[Symbol.asyncDispose]()
    await until('it is known to be gone', async () => !connection.client.isReady)
    await assert.rejects(sessions.find(token), away)
    connection.stop()
  })
})
