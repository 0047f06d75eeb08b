/** The operation as a resource: its states, cancelling, waiting. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { Database } from '../data/database.ts'
import { systemClock } from '../kernel/clock.ts'
import { newId } from '../kernel/ids.ts'
import { silentLog } from '../kernel/log.ts'
import { redrive } from '../queue/dead-letters.ts'
import { until } from './web-clients.test.ts'
import { count, failed, render, succeeded, testWeb } from './web-kit.test.ts'

const json = async (response: Response) => (await response.json()) as Record<string, unknown>

describe('GET /operations/{id}', () => {
  test('tells how far it is while it goes on, and its result when it is done', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    const path = `/operations/${job.id}`
    const queued = await t.get(path)
    assert.equal(queued.status, 200)
    assert.equal(queued.headers.get('retry-after'), '1')
    assert.equal(queued.headers.get('cache-control'), 'no-store')
    const { submittedAt, ...first } = await json(queued)
    assert.ok(Math.abs(Date.parse(String(submittedAt)) - systemClock.now()) < 60_000)
    assert.deepEqual(first, {
      id: job.id,
      task: 'test.count',
      status: 'queued',
      attempt: 0,
      progress: null,
      startedAt: null,
      endedAt: null,
      isCancelRequested: false,
      links: { self: path, events: `${path}/events`, cancel: { href: path, method: 'DELETE' } },
    })
    const claimed = await t.worker.start()
    await t.worker.progress(claimed, 0.5, 'half of it')
    const running = await json(await t.get(path))
    assert.deepEqual([running['status'], running['attempt']], ['running', 1])
    assert.deepEqual(running['progress'], { done: 0.5, note: 'half of it' })
    await t.worker.end(claimed, succeeded({ sum: 6 }))
    const done = await t.get(path)
    const body = await json(done)
    assert.deepEqual([done.status, body['status'], body['result']], [200, 'succeeded', { sum: 6 }])
    assert.deepEqual(body['links'], { self: path, events: `${path}/events` })
    assert.equal(done.headers.get('retry-after'), null)
  })

  test('leads to the resource that came of it', async () => {
    await using t = await testWeb((web) => {
      web.get('/api/pictures/:id', async (request) => ({ picture: (request.params as { id: string }).id }))
    })
    const job = await t.client.submit(render, { id: 'p1' })
    await t.worker.end(await t.worker.start(), succeeded({ id: 'p1' }))
    const answer = await t.get(`/operations/${job.id}`)
    assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/api/pictures/p1'])
    const links = (await json(answer))['links'] as Record<string, unknown>
    assert.equal(links['resource'], '/api/pictures/p1')
    const followed = await t.get(`/operations/${job.id}`, { redirect: 'follow' })
    assert.deepEqual(await json(followed), { picture: 'p1' })
  })

  test("a result of another release, which the task's schema does not know, is answered as it is", async () => {
    await using t = await testWeb()
    const job = await t.client.submit(render, { id: 'p1' })
    await t.worker.end(await t.worker.start(), succeeded({ name: 'p1' }))
    const answer = await t.get(`/operations/${job.id}`)
    assert.deepEqual([answer.status, (await json(answer))['result']], [200, { name: 'p1' }])
  })

  test('a failure that the handler declared permanent is a 422 in its words', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    await t.worker.end(await t.worker.start(), failed('permanent', 'PHOTO_UNREADABLE', 'The picture is cut off.'))
    const answer = await t.get(`/operations/${job.id}`)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    const { status, code, detail, instance } = await json(answer)
    assert.deepEqual(
      [answer.status, status, code, detail, instance],
      [422, 422, 'PHOTO_UNREADABLE', 'The picture is cut off.', `/operations/${job.id}`],
    )
  })

  test('any other failure is a 500 that keeps to itself what was thrown', async () => {
    await using t = await testWeb()
    const cases = [
      { code: '23505', shown: 'MILLRACE_WEB_OPERATION_FAILED' },
      { code: 'MILLRACE_WORKER_TIMEOUT', shown: 'MILLRACE_WORKER_TIMEOUT' },
    ]
    for (const { code, shown } of cases) {
      const job = await t.client.submit(count, { to: 3 })
      await t.worker.end(await t.worker.start(), failed('attempts', code, 'duplicate key in table secret'))
      const answer = await t.get(`/operations/${job.id}`)
      const text = await answer.text()
      assert.equal(answer.status, 500)
      assert.equal(JSON.parse(text).code, shown)
      assert.doesNotMatch(text, /secret/)
      assert.equal((await t.get(`/operations/${job.id}`)).status, 500, 'it stays there')
      assert.deepEqual(await redrive(t.db, [job.id]), [job.id])
      assert.equal((await t.get(`/operations/${job.id}`)).status, 200)
      await t.worker.end(await t.worker.start(), succeeded({ sum: 6 }))
    }
  })

  test('what is not there is a 404, whatever its id looks like', async () => {
    await using t = await testWeb()
    for (const id of [newId(systemClock.now()), 'x', '%01', "';--", '1'.repeat(200)]) {
      const answer = await t.get(`/operations/${id}`)
      assert.deepEqual([answer.status, (await json(answer))['code']], [404, 'MILLRACE_QUEUE_OPERATION_UNKNOWN'])
    }
  })
})

describe('DELETE /operations/{id}', () => {
  test('cancels what waits at once: it never starts', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    const answer = await t.get(`/operations/${job.id}`, { method: 'DELETE' })
    assert.deepEqual([answer.status, (await json(answer))['status']], [200, 'cancelled'])
    const after = await t.get(`/operations/${job.id}`)
    assert.deepEqual([after.status, (await json(after))['status']], [200, 'cancelled'])
    assert.equal((await t.get(`/operations/${job.id}`, { method: 'DELETE' })).status, 200, 'again is the same')
  })

  test('asks the worker of what runs, and tells it so', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    const claimed = await t.worker.start()
    let told: readonly string[] | 'all' = []
    t.hints.listenForJobs((hint) => {
      if (hint.cancelled.length > 0) told = hint.cancelled
    })
    const answer = await t.get(`/operations/${job.id}`, { method: 'DELETE' })
    const body = await json(answer)
    assert.deepEqual([answer.status, body['status'], body['isCancelRequested']], [202, 'running', true])
    assert.equal(answer.headers.get('location'), `/operations/${job.id}`)
    await until('the worker is told', () => told.includes(job.id))
    await t.worker.end(claimed, { kind: 'cancelled' })
    assert.equal((await json(await t.get(`/operations/${job.id}`)))['status'], 'cancelled')
  })

  test('refuses what has ended', async () => {
    await using t = await testWeb()
    const job = await t.client.submit(count, { to: 3 })
    await t.worker.end(await t.worker.start(), succeeded({ sum: 6 }))
    const answer = await t.get(`/operations/${job.id}`, { method: 'DELETE' })
    assert.deepEqual([answer.status, (await json(answer))['code']], [409, 'MILLRACE_WEB_OPERATION_ENDED'])
  })
})

describe('waiting for an operation', () => {
  test('?wait and Prefer hold the request until it ends, in whatever process that happens', async () => {
    await using t = await testWeb()
    for (const ask of [{ query: '?wait=20' }, { query: '', headers: { prefer: 'respond-async, wait=20' } }]) {
      const job = await t.client.submit(count, { to: 3 })
      const claimed = await t.worker.start()
      const started = systemClock.monotonic()
      const waiting = t.get(`/operations/${job.id}${ask.query}`, ask.headers ? { headers: ask.headers } : {})
      await t.worker.progress(claimed, 0.5)
      await using elsewhere = anotherProcess(t.databaseUrl)
      // no hint: it is found by looking
      await elsewhere.db.query(
        `update millrace.operation set status = 'succeeded', ended_at = now(), version = version + 1 where id = $1`,
        [job.id],
      )
      const answer = await waiting
      assert.equal((await json(answer))['status'], 'succeeded')
      assert.equal(answer.headers.get('preference-applied'), ask.headers ? 'wait=20' : null)
      assert.ok(systemClock.monotonic() - started < 5_000)
    }
  })

  test('the time being up, the present state is the answer; the limits hold', async () => {
    await using t = await testWeb(undefined, { limits: { waitMsMax: 150, waitCountMax: 1 } })
    const job = await t.client.submit(count, { to: 3 })
    const started = systemClock.monotonic()
    const waiting = t.get(`/operations/${job.id}?wait=9999`)
    await until('it waits', async () => {
      const at = systemClock.monotonic()
      await t.get(`/operations/${job.id}?wait=9999`)
      return systemClock.monotonic() - at < 100 // the second one is told at once
    })
    assert.equal((await json(await waiting))['status'], 'queued')
    assert.ok(systemClock.monotonic() - started >= 150)
  })
})

function anotherProcess(url: string): { readonly db: Database } & AsyncDisposable {
  const db = new Database({ url, poolMax: 1, applicationName: 'another', clock: systemClock, log: silentLog() })
  return { db, [Symbol.asyncDispose]: () => db.end() }
}
