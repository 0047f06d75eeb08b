/** Sessions in a real Redis. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { testDatabase, until } from 'millrace/testing'
import { pino } from 'pino'
import { Accounts, CLOCKS_APART_MS_MAX } from '../src/identity/accounts.ts'
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

  test('C4: that has forgotten whose a session is keeps it alive for nobody who was signed out', async () => {
    await using server = await startRedis()
    await using t = await testDatabase()
    const connection = await connected(server.url)
    const accounts = new Accounts({ db: t.db, clock: systemClock })
    const sessions = redisSessions({ client: connection.client, clock: systemClock, log: silentLog() })
    const said = { issuer: 'https://id.example', subject: 'ada', name: 'Ada', email: undefined }
    const { account } = await accounts.note({ ...said, roles: [], claims: {}, isAll: true, atMs: 0 })
    const { token } = await sessions.begin({ ...login, account })
    await connection.client.del(`millrace:account:${account}`)
    await t.advance(CLOCKS_APART_MS_MAX + 1_000)
    await accounts.signOut(account)
    assert.equal(await sessions.endOf(account, 'all'), 0)
    const found = (await sessions.find(token)) ?? assert.fail('the store knows no better')
    assert.equal(await accounts.findOf(found), undefined)
    connection.stop()
  })

  test('that may throw sessions out is told of in the log, when it is connected', async () => {
    await using server = await startRedis()
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    const first = await connected(server.url)
    const told = async (policy: string): Promise<readonly string[]> => {
      await first.client.configSet('maxmemory-policy', policy)
      lines.length = 0
      const connection = await redisConnection(server.url, log)
      connection.start()
      await connection.connected
      await connection.client.ping() // what was asked before it is answered
      connection.stop()
      return lines
    }
    assert.deepEqual(await told('noeviction'), [])
    for (const policy of ['allkeys-lru', 'volatile-ttl'])
      assert.match((await told(policy)).join(''), new RegExp(policy))
    first.stop()
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
