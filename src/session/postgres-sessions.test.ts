import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { Database } from '../data/database.ts'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { faultProxy } from '../testing/fault-proxy.ts'
import { type TestDatabase, testDatabase } from '../testing/test-database.ts'
import { sessionsConformance } from './conformance-test-kit.ts'
import { postgresSessions } from './postgres-sessions.ts'
import { purgeSessions } from './purge-sessions.ts'
import { IDLE_MS, type Sessions } from './session.ts'

const sessionsOf = ({ db }: Pick<TestDatabase, 'db'>): Sessions =>
  postgresSessions({ db, clock: systemClock, log: silentLog() })

sessionsConformance('sessions in PostgreSQL', async () => {
  const t = await testDatabase()
  return {
    sessions: sessionsOf(t),
    others: sessionsOf(t),
    advance: (ms) => t.advance(ms),
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  }
})

const login = {
  account: newRandomId(),
  providerSession: null,
  agent: 'a browser',
  secret: 'a refresh token',
  replaces: undefined,
}

describe('the table of sessions', () => {
  test('C2: holds nothing that anybody could get in with', async () => {
    await using t = await testDatabase()
    const { token } = await sessionsOf(t).begin(login)
    const { rows } = await t.db.query<{ text: string }>('select s::text as text from millrace.session s')
    assert.ok(!rows[0]?.text.includes(token))
    assert.ok(!rows[0]?.text.includes(Buffer.from(token, 'base64url').toString('hex')))
    assert.ok(!rows[0]?.text.includes(Buffer.from('a refresh token').toString('hex')))
  })

  test('is rid of sessions that are over', async () => {
    await using t = await testDatabase()
    const sessions = sessionsOf(t)
    await sessions.begin(login)
    await t.advance(IDLE_MS / 2)
    const { token } = await sessions.begin(login)
    await t.advance(IDLE_MS / 2 + 1_000)
    await purgeSessions(t.db)
    const { rows } = await t.db.query<{ n: number }>('select count(*)::integer as n from millrace.session')
    assert.deepEqual([rows[0]?.n, (await sessions.find(token)) === undefined], [1, false])
  })

  test('C12: that cannot be reached is an error, never no session or another one', async () => {
    await using t = await testDatabase()
    await using proxy = await faultProxy(t.url)
    const options = { poolMax: 1, applicationName: 'far', clock: systemClock, log: silentLog(), deadlineMs: 2_000 }
    const db = new Database({ ...options, url: proxy.url })
    const sessions = sessionsOf({ db })
    const { token } = await sessions.begin(login)
    proxy.cutAfter('find-sessions')
    await assert.rejects(sessions.find(token), { code: 'MILLRACE_DATA_UNREACHABLE' })
    await db.end()
  })
})
