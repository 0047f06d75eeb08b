import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { migrate } from '../data/migrate.ts'
import { acceptedAnswer } from './answers.ts'
import type { FrontRuntime, WebInstance } from './front.ts'
import { idempotent } from './idempotency.ts'
import { webMigrations } from './migrations.ts'
import { purgeAnswers } from './purge-answers.ts'
import { until } from './web-clients.test.ts'
import { count, testWeb } from './web-kit.test.ts'

/** Inserts an album and answers it; `hold` keeps the transaction open, `fail` rolls it back. */
function albums(hooks: { readonly hold?: () => Promise<void>; readonly fails?: () => boolean } = {}) {
  return async (web: WebInstance, { db, submit }: FrontRuntime) => {
    await db.query('create table album (id bigint generated always as identity primary key, title text not null)')
    web.post('/api/albums', { schema: { body: z.strictObject({ title: z.string() }) } }, async (request, reply) => {
      const { title } = request.body
      const options = { scope: 'POST /api/albums', fingerprint: request.body }
      const answer = await idempotent(request, options, async (tx) => {
        const { rows } = await tx.query<{ id: string }>('insert into album (title) values ($1) returning id', [title])
        await hooks.hold?.()
        if (hooks.fails?.() === true) throw new Error('rolled back')
        const id = rows[0]?.id ?? ''
        return { status: 201, headers: { location: `/api/albums/${id}` }, body: { id, title } }
      })
      return reply.answer(answer)
    })
    web.post('/api/count', async (request, reply) =>
      reply.answer(
        await idempotent(request, { scope: 'count', fingerprint: null }, async () =>
          acceptedAnswer(await submit(count, { to: 1 })),
        ),
      ),
    )
  }
}

const albumCount = async (t: Awaited<ReturnType<typeof testWeb>>): Promise<number> =>
  (await t.db.query<{ n: number }>('select count(*)::integer n from album')).rows[0]?.n ?? -1
const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>

describe('idempotent', () => {
  test('a repeat gets the first answer again and does nothing', async () => {
    await using t = await testWeb(albums())
    const headers = { 'idempotency-key': 'a-1' }
    const first = await t.post('/api/albums', { title: 'Sea' }, headers)
    const again = await t.post('/api/albums', { title: 'Sea' }, { 'idempotency-key': '"a-1"' })
    assert.deepEqual([first.status, again.status], [201, 201])
    assert.deepEqual(await bodyOf(again), await bodyOf(first))
    assert.equal(again.headers.get('location'), '/api/albums/1')
    assert.deepEqual(
      [first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')],
      [null, 'true'],
    )
    assert.equal(await albumCount(t), 1)
  })

  test('without a key every request is its own', async () => {
    await using t = await testWeb(albums())
    await t.post('/api/albums', { title: 'Sea' })
    await t.post('/api/albums', { title: 'Sea' })
    assert.equal(await albumCount(t), 2)
  })

  test('a key stands for one request only, and is 1 to 200 visible characters', async () => {
    await using t = await testWeb(albums())
    const send = async (title: string, key: string) => {
      const answer = await t.post('/api/albums', { title }, { 'idempotency-key': key })
      return [answer.status, (await bodyOf(answer))['code']]
    }
    assert.deepEqual(await send('Sea', 'k'), [201, undefined])
    assert.deepEqual(await send('Hills', 'k'), [422, 'MILLRACE_WEB_IDEMPOTENCY_MISMATCH'])
    assert.deepEqual(await send('Sea', 'k'.repeat(200)), [201, undefined])
    for (const key of ['', 'a b', 'k'.repeat(201), 'é'])
      assert.deepEqual(await send('Sea', key), [400, 'MILLRACE_WEB_IDEMPOTENCY_KEY_INVALID'], key)
    assert.equal(await albumCount(t), 2)
  })

  test('a twin that comes while the first runs waits, and gets its answer', async () => {
    const gate = Promise.withResolvers<void>()
    await using t = await testWeb(albums({ hold: () => gate.promise }))
    const headers = { 'idempotency-key': 'twin' }
    const requests = [1, 2, 3].map(() => t.post('/api/albums', { title: 'Sea' }, headers))
    await twoWaitForALock(t)
    gate.resolve()
    const answers = await Promise.all(requests)
    assert.deepEqual(
      answers.map((a) => a.status),
      [201, 201, 201],
    )
    assert.equal(answers.filter((a) => a.headers.get('idempotency-replayed') === 'true').length, 2)
    assert.equal(await albumCount(t), 1)
  })

  test('when the first is rolled back, its twin runs', async () => {
    const gate = Promise.withResolvers<void>()
    let runs = 0
    await using t = await testWeb(albums({ hold: () => gate.promise, fails: () => ++runs === 1 }))
    const headers = { 'idempotency-key': 'twin' }
    const requests = [1, 2, 3].map(() => t.post('/api/albums', { title: 'Sea' }, headers))
    await twoWaitForALock(t)
    gate.resolve()
    const statuses = (await Promise.all(requests)).map((a) => a.status).sort()
    assert.deepEqual(statuses, [201, 201, 500])
    assert.equal(await albumCount(t), 1)
    assert.equal(runs, 2)
  })

  test('an accepted job is submitted once', async () => {
    await using t = await testWeb(albums())
    const headers = { 'idempotency-key': 'job' }
    const first = await t.post('/api/count', {}, headers)
    const again = await t.post('/api/count', {}, headers)
    assert.deepEqual([again.status, again.headers.get('location')], [202, first.headers.get('location')])
    const { rows } = await t.db.query('select from millrace.entry')
    assert.equal(rows.length, 1)
  })

  test('a key is free again after a day, and is purged', async () => {
    await using t = await testWeb(albums())
    const headers = { 'idempotency-key': 'old' }
    await t.post('/api/albums', { title: 'Sea' }, headers)
    await purgeAnswers(t.db)
    const kept = async () => (await t.db.query('select from millrace.idempotency')).rows.length
    assert.equal(await kept(), 1)
    await t.db.query(`update millrace.idempotency set expires_at = millrace.now() - interval '1 ms'`)
    const other = await t.post('/api/albums', { title: 'Hills' }, headers)
    assert.equal(other.status, 201)
    assert.equal(other.headers.get('idempotency-replayed'), null)
    assert.equal(await albumCount(t), 2)
    await t.db.query(`update millrace.idempotency set expires_at = millrace.now() - interval '1 ms'`)
    await purgeAnswers(t.db)
    assert.equal(await kept(), 0)
  })

  test('its migration applies once', async () => {
    await using t = await testWeb()
    assert.deepEqual(await migrate(t.db, [webMigrations]), [])
  })
})

async function twoWaitForALock(t: Awaited<ReturnType<typeof testWeb>>): Promise<void> {
  await until('two wait for the first', async () => {
    const { rows } = await t.db.query<{ n: number }>(
      `select count(*)::integer n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows[0]?.n === 2
  })
}
