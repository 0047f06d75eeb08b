import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { Accounts } from '../identity/accounts.ts'
import { CLIENT, rogueProvider, SUBJECT } from '../identity/rogue-provider-test-kit.ts'
import { systemClock } from '../kernel/clock.ts'
import { freePort } from '../kernel/free-port.ts'
import { newSecret } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { postgresSessions } from '../session/postgres-sessions.ts'
import { RENEW_MS } from '../session/session.ts'
import { testDatabase } from '../testing/test-database.ts'
import { until } from '../testing/until.ts'
import { front } from '../web/front.ts'
import { defineApp } from './define-app.ts'
import { readSettings } from './settings.ts'
import { webProcess } from './web-process.ts'

const START_MS_MAX = 20_000
const STOP_MS = 10_000
const GIVEN = { ORIGIN: 'http://127.0.0.1', PORT: '0', LOG_LEVEL: 'silent', MILLRACE_ENV: 'test' }
const app = defineApp({ name: 'fixture', identity: { roles: [] }, web: async () => ({ default: front(() => {}) }) })

test('C12: a session that cannot be looked up is answered by 503: its browser is neither nobody nor logged out', async () => {
  await using t = await testDatabase()
  const nobody = await freePort()
  const env = { ...GIVEN, DATABASE_URL: t.url, CACHE_URL: `redis://127.0.0.1:${nobody}` }
  const { service, ready } = await webProcess(app, readSettings(env))
  await service.start(AbortSignal.timeout(START_MS_MAX))
  const { address = '' } = ready()
  const answer = await fetch(`${address}/identity/me`, { headers: { cookie: `session=${newSecret()}` } })
  const { code } = (await answer.json()) as { readonly code?: string }
  assert.deepEqual([answer.status, code], [503, 'MILLRACE_SESSION_STORE_AWAY'])
  assert.equal(answer.headers.get('set-cookie'), null)
  await service.stop({ drainMs: STOP_MS })
})

test('a web process that stops waits for a renewal under way, and stores the token for the next one', async () => {
  await using t = await testDatabase()
  await using rogue = await rogueProvider()
  const provider = { OIDC_ISSUER: rogue.issuer, OIDC_CLIENT_ID: CLIENT, OIDC_CLIENT_SECRET: 'a secret' }
  const { service, ready } = await webProcess(app, readSettings({ ...GIVEN, ...provider, DATABASE_URL: t.url }))
  await service.start(AbortSignal.timeout(START_MS_MAX))

  const clock = systemClock
  const said = { issuer: rogue.issuer, subject: SUBJECT, name: 'Ada', email: undefined, roles: [], claims: {} }
  const { account } = await new Accounts({ db: t.db, clock }).note({ ...said, isAll: true, atMs: 0 })
  const sessions = postgresSessions({ db: t.db, clock, log: silentLog() })
  const secret = JSON.stringify({ subject: SUBJECT, refreshToken: 'the first' })
  const login = { account, secret, providerSession: null, agent: 'a browser', replaces: undefined }
  const { token } = await sessions.begin(login)
  await t.advance(RENEW_MS + 1_000)

  let answer: (() => void) | undefined
  rogue.lies.answer = (path, _request, response) => {
    if (path !== '/token') return false
    const tokens = { access_token: 'a', token_type: 'Bearer', expires_in: 300, refresh_token: 'the second' }
    response.setHeader('content-type', 'application/json')
    answer = () => response.end(JSON.stringify(tokens))
    return true
  }
  const { address = '' } = ready()
  const me = (): Promise<Response> => fetch(`${address}/identity/me`, { headers: { cookie: `session=${token}` } })
  assert.equal((await me()).status, 200)
  const release = await until('it is being renewed', () => answer)
  const stopped = service.stop({ drainMs: STOP_MS })
  await until('nobody listens any more', async () => (await me().catch(() => undefined)) === undefined)
  release()
  await stopped
  await t.advance(RENEW_MS + 1_000)
  assert.match((await sessions.takeRenewal(token)) ?? '', /the second/)
})
