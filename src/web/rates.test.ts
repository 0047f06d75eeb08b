/** What one client may do so often only: over all processes, in bounded memory, and while the store is away. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import type { Queryable } from '../data/transaction.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { testDatabase } from '../testing/test-database.ts'
import { openedPeople } from './identity-test-kit.ts'
import { WEB_LIMITS } from './limits.ts'
import { purgeRates } from './purge-rates.ts'
import { clientOf, Rates, REMEMBERED_COUNT_MAX, SeenClients } from './rates.ts'
import { problemIn } from './web-clients.test.ts'

const { loginCountMax, loginsMs } = WEB_LIMITS
const rate = { name: 'test', count: 3, perMs: 3_000 }
const ratesOf = (db: Queryable): Rates => new Rates({ db, clock: systemClock, log: silentLog() })

describe('logins', () => {
  test('Q1: a flood of them is answered 429 with the time to come back, whatever address it claims to come from', async () => {
    await using t = await openedPeople()
    const url = await t.url()
    const begin = (n: number): Promise<Response> =>
      fetch(`${url}/identity/login`, {
        redirect: 'manual',
        headers: { 'x-forwarded-for': `203.0.113.${n}`, forwarded: `for=203.0.113.${n}` },
      })
    const answers = await Promise.all(Array.from({ length: loginCountMax + 20 }, (_, n) => begin(n % 250)))
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b)
    assert.ok(statuses.slice(0, loginCountMax).every((status) => status === 303))
    assert.ok(statuses.filter((status) => status === 429).length >= 19, 'one may be due again by then')
    const refused = answers.find(({ status }) => status === 429)
    assert.ok(refused !== undefined)
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    await problemIn(refused, 429, 'MILLRACE_WEB_TOO_OFTEN')
    assert.equal((await fetch(`${url}/open`)).status, 200, 'what is not bounded goes on')
    await t.advance(loginsMs)
    assert.equal((await begin(1)).status, 303, 'and later so do logins')
  })

  test('Q1: behind a proxy that is trusted, each client has a bound of its own', async () => {
    await using t = await openedPeople({ TRUSTED_PROXIES: '127.0.0.1', ORIGIN: 'http://127.0.0.1' })
    const url = await t.url()
    const finish = async (client: string): Promise<number> =>
      (
        await fetch(`${url}/identity/callback?state=none`, {
          redirect: 'manual',
          headers: { 'x-forwarded-for': client, host: '127.0.0.1' },
        })
      ).status
    const flood = await Promise.all(Array.from({ length: loginCountMax + 5 }, () => finish('203.0.113.1')))
    assert.ok(flood.includes(429))
    assert.notEqual(await finish('203.0.113.2'), 429)
  })
})

describe('a rate', () => {
  test('lets so many pass at once, then one after the other', async () => {
    await using t = await testDatabase()
    const rates = ratesOf(t.db)
    for (let n = 0; n < rate.count; n += 1) assert.equal(await rates.take(rate, '203.0.113.1'), 0)
    const earlyMs = await rates.take(rate, '203.0.113.1')
    assert.ok(earlyMs > 0 && earlyMs <= 1_000, `${earlyMs} ms`)
    assert.equal(await rates.take(rate, '203.0.113.2'), 0, 'others have their own')
    assert.equal(await rates.take({ ...rate, name: 'other' }, '203.0.113.1'), 0, 'and so has another thing')
  })

  test('is one for all processes, to the last', async () => {
    await using t = await testDatabase()
    const all = [ratesOf(t.db), ratesOf(t.db), ratesOf(t.db)]
    const slow = { name: 'test', count: 5, perMs: 3_600_000 }
    const taken = await Promise.all(all.flatMap((rates) => Array.from({ length: 5 }, () => rates.take(slow, '::1'))))
    assert.equal(taken.filter((earlyMs) => earlyMs === 0).length, slow.count)
    await t.advance(slow.perMs / slow.count)
    const other = ratesOf(t.db)
    assert.deepEqual(
      [await other.take(slow, '::1'), (await other.take(slow, '::1')) > 0],
      [0, true],
      'one is due again',
    )
  })

  test('Q3: a hundred thousand clients, or a network of them, cost bounded memory', () => {
    const seen = new SeenClients()
    const bound = { count: 3, perMs: 3_000 }
    for (let n = 0; n < 100_000; n += 1) seen.take(`client ${n}`, bound, 0)
    assert.ok(seen.count <= REMEMBERED_COUNT_MAX, `${seen.count}`)
    for (let n = 0; n < 3; n += 1) seen.take('client 99999', bound, 0)
    assert.ok(seen.take('client 99999', bound, 0) > 0, 'who was here lately is known')
    const sweep = Array.from({ length: 1_000 }, (_, n) => clientOf(`2001:db8:1:2:${n.toString(16)}::${n.toString(16)}`))
    assert.deepEqual([...new Set(sweep)], ['2001:db8:1:2::/64'])
    assert.equal(clientOf('::ffff:203.0.113.9'), '203.0.113.9', 'the same client, by either family')
  })

  test('Q3: who may do everything again is forgotten in the database too', async () => {
    await using t = await testDatabase()
    await ratesOf(t.db).take(rate, '203.0.113.1')
    await t.advance(2_000)
    await ratesOf(t.db).take(rate, '203.0.113.2')
    await purgeRates(t.db)
    const { rows } = await t.db.query<{ key: string }>('select key from millrace.rate')
    assert.deepEqual(rows, [{ key: 'test 203.0.113.2' }])
  })

  test('Q4: holds in each process while the database is away', async () => {
    const away: Queryable = { query: async () => Promise.reject(new Error('it is away')) }
    const rates = ratesOf(away)
    for (let n = 0; n < rate.count; n += 1) assert.equal(await rates.take(rate, '203.0.113.1'), 0)
    assert.ok((await rates.take(rate, '203.0.113.1')) > 0)
  })
})
