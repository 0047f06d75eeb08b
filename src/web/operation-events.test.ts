/** Operations as server-sent events. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { Database } from '../data/database.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { OperationWatch } from '../queue/operation-watch.ts'
import { findOperations } from '../queue/operations.ts'
import { RawClient, SseReader, until } from './web-clients.test.ts'
import { count, failed, render, succeeded, testWeb } from './web-kit.test.ts'

interface View {
  readonly status: string
  readonly progress?: unknown
  readonly result?: unknown
  readonly error?: unknown
  readonly links?: { readonly resource?: string }
}
const viewIn = (event: { readonly data?: unknown } | undefined): View =>
  (event ?? assert.fail('the stream has ended')).data as View
const noteOf = (event: { readonly data?: unknown } | undefined): string =>
  (event?.data as { readonly progress?: { readonly note?: string } } | undefined)?.progress?.note ?? ''
const statusOf = (event: { readonly data?: unknown } | undefined): string | undefined => (event?.data as View)?.status

describe('GET /operations/{id}/events', () => {
  test('every change arrives, numbered, and the stream ends with the last one', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(render, { id: 'p1' })
    const stream = new SseReader(await t.get(`/operations/${job.id}/events`))
    assert.match(stream.response.headers.get('content-type') ?? '', /^text\/event-stream/)
    assert.equal(stream.response.headers.get('cache-control'), 'no-store')
    assert.equal(stream.response.headers.get('x-content-type-options'), 'nosniff')
    const first = await stream.next()
    assert.deepEqual([first?.event, first?.id, statusOf(first)], ['operation', '1', 'queued'])
    assert.ok(stream.retries[0] !== undefined && stream.retries[0] >= 1_000 && stream.retries[0] <= 5_000)
    const claimed = await t.worker.start()
    assert.equal(statusOf(await stream.next()), 'running')
    await t.worker.progress(claimed, 0.25)
    assert.deepEqual(viewIn(await stream.next()).progress, { done: 0.25 })
    await t.worker.end(claimed, succeeded({ id: 'p1' }))
    const last = await stream.next()
    assert.equal(statusOf(last), 'succeeded')
    assert.equal(viewIn(last).links?.resource, '/api/pictures/p1')
    assert.equal(await stream.next(), undefined)
  })

  test('a change made by another process arrives without any hint', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    const stream = new SseReader(await t.get(`/operations/${job.id}/events`))
    await stream.next()
    const db = new Database({
      url: t.databaseUrl,
      poolMax: 1,
      applicationName: 'another',
      clock: systemClock,
      log: silentLog(),
    })
    await db.query(`update millrace.operation set status = 'cancelled', version = version + 1 where id = $1`, [job.id])
    await db.end()
    assert.equal(statusOf(await stream.next()), 'cancelled')
    assert.equal(await stream.next(), undefined)
  })

  test('a failure tells its code', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    await t.worker.end(await t.worker.start(), failed('permanent', 'PHOTO_UNREADABLE', 'It is cut off.'))
    const stream = new SseReader(await t.get(`/operations/${job.id}/events`))
    const view = viewIn(await stream.next())
    assert.deepEqual([view.status, view.error], ['failed', { code: 'PHOTO_UNREADABLE', detail: 'It is cut off.' }])
    assert.equal(await stream.next(), undefined)
  })

  test('Last-Event-ID: nothing when unchanged, the present state otherwise, 204 when it has ended', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    const events = (id: string) => t.get(`/operations/${job.id}/events`, { headers: { 'last-event-id': id } })
    const unchanged = new SseReader(await events('1'))
    const claimed = await t.worker.start()
    assert.equal((await unchanged.next())?.id, '2', 'the first event is the next change')
    for (const id of ['1', '0', 'x', '99999999999999999999', '-1']) {
      const reader = new SseReader(await events(id))
      assert.equal((await reader.next())?.id, '2', id)
      await reader.response.body?.cancel().catch(() => {})
    }
    await t.worker.end(claimed, succeeded({ sum: 6 }))
    assert.equal((await events('3')).status, 204)
    assert.equal(statusOf(await new SseReader(await events('2')).next()), 'succeeded')
  })

  test('there are signs of life, and an end even of a stream on which nothing happens', async () => {
    await using t = await testWeb(undefined, { limits: { heartbeatMs: 20, streamMs: 200 } })
    const job = await t.client.submit(count, { to: 3 })
    const stream = new SseReader(await t.get(`/operations/${job.id}/events`))
    await stream.next()
    assert.equal(await stream.next(), undefined)
    assert.ok(stream.comments.length >= 2, `${stream.comments.length} heartbeats`)
    assert.equal(stream.retries.length, 2, 'and when to come back')
  })

  test('what is not there is a 404, and HEAD opens nothing', async () => {
    await using t = await testWeb()
    assert.equal((await t.get('/operations/x/events')).status, 404)
    const job = await t.client.submit(count, { to: 3 })
    assert.equal((await t.get(`/operations/${job.id}/events`, { method: 'HEAD' })).status, 405)
  })

  test('Q7: at most so many streams in all, and for one client; a place is free again when one ends', async () => {
    const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
    for (const [limits, status, code] of [
      [{ streamPerClientCountMax: 2 }, 429, 'MILLRACE_WEB_STREAMS_CLIENT_FULL'],
      [{ streamCountMax: 2 }, 503, 'MILLRACE_WEB_STREAMS_FULL'],
    ] as const) {
      await using t = await testWeb(undefined, { limits })
      const job = await t.client.submit(count, { to: 3 })
      const open = () => t.get(`/operations/${job.id}/events`)
      const first = await open()
      await open()
      const refused = await open()
      assert.deepEqual([refused.status, await codeOf(refused)], [status, code])
      assert.equal(refused.headers.get('retry-after'), '1')
      await first.body?.cancel()
      await until('a place is free', async () => {
        const again = await open()
        if (again.status !== 200) await again.body?.cancel()
        return again.status === 200
      })
    }
  })

  test('Q8: a reader that does not read is dropped, and others go on', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    const claimed = await t.worker.start()
    const slow = new RawClient(t.url)
    slow.socket.pause()
    slow.send(`GET /operations/${job.id}/events HTTP/1.1\r\nHost: a\r\n\r\n`)
    const reader = new SseReader(await t.get(`/operations/${job.id}/events`))
    const note = 'x'.repeat(1_000_000)
    let seen = await reader.next()
    for (let n = 1; n <= 12; n += 1) {
      await t.worker.progress(claimed, n / 20, `${n} ${note}`)
      while (!noteOf(seen).startsWith(`${n} `))
        seen = (await reader.next()) ?? assert.fail('the good reader was dropped')
    }
    slow.socket.resume()
    await slow.closed()
    await t.worker.end(claimed, succeeded({ sum: 1 }))
    assert.equal(statusOf(await reader.next()), 'succeeded')
    assert.doesNotMatch(slow.text, /"succeeded"/)
  })

  test('Q10: a server that drains ends its streams with the time to come back, each with another', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    const stream = new SseReader(await t.get(`/operations/${job.id}/events`))
    await stream.next()
    const others = await Promise.all(
      Array.from({ length: 8 }, async () => new SseReader(await t.get(`/operations/${job.id}/events`))),
    )
    for (const other of others) await other.next()
    const waiting = t.get(`/operations/${job.id}?wait=30`)
    await until('the long poll is there', async () => (await t.get('/livez')).ok)
    const stopping = t.web.stop({ drainMs: 10_000 })
    assert.equal(await stream.next(), undefined)
    assert.equal(stream.retries.length, 2)
    for (const other of others) assert.equal(await other.next(), undefined)
    const times = new Set(others.map(({ retries }) => retries.at(-1)))
    assert.ok(times.size > 4, `all come back after ${[...times]} ms`)
    assert.equal(((await (await waiting).json()) as View).status, 'queued')
    await stopping
  })
})

describe('the watch over operations', () => {
  test('one loop tells everyone, in one statement, and nothing runs while nobody watches', async () => {
    await using t = await testWeb()
    const watch = new OperationWatch({ db: t.db, hints: t.hints, clock: systemClock, log: silentLog() })
    assert.equal(watch.isRunning, false)
    const jobs = await t.client.submitMany(count, [{ to: 1 }, { to: 2 }, { to: 3 }])
    const told: string[] = []
    const stops = jobs.map((job) =>
      watch.watch(job.id, 1, (operation) => told.push(`${operation.id} ${operation.version}`)),
    )
    assert.equal(watch.isRunning, true)
    const statements = async () => {
      const { rows } = await t.db.query<{ n: string }>(
        `update millrace.operation set version = 2 where id = any ($1) returning id as n`,
        [jobs.map((j) => j.id)],
      )
      return rows.length
    }
    assert.equal(await statements(), 3)
    t.hints.operationChanged(jobs[0]?.id ?? '')
    await until('all are told', () => told.length === 3)
    assert.deepEqual(told.toSorted(), jobs.map((j) => `${j.id} 2`).toSorted())
    for (const stop of stops) stop()
    await watch.settled()
    assert.equal(watch.isRunning, false)
    assert.equal((await findOperations(t.db, [jobs[0]?.id ?? ''])).length, 1)
  })

  test('it goes on after a database error, and does not join the transaction of its first watcher', async () => {
    await using t = await testWeb()
    const broken = { fail: true }
    const db = new Proxy(t.db, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key, target)
        if (typeof member !== 'function') return member
        if (key !== 'query' || !broken.fail) return member.bind(target)
        return async () => {
          broken.fail = false
          throw new Error('the database is away')
        }
      },
    })
    const watch = new OperationWatch({ db, hints: t.hints, clock: systemClock, log: silentLog() })
    const job = await t.client.submit(count, { to: 1 })
    const told = Promise.withResolvers<number>()
    const stop = await t.db.transaction(async () =>
      watch.watch(job.id, 0, (operation) => told.resolve(operation.version)),
    )
    assert.equal(await told.promise, 1)
    assert.equal(broken.fail, false)
    stop()
    await watch.settled()
  })
})
