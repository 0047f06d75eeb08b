import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../contract/task.ts'
import type { BuildFront } from '../web/front.ts'
import { idempotent } from '../web/idempotency.ts'
import { appOf, runs, withNotes } from './fixture/app-of.ts'

const body = z.object({ name: z.string().min(1) })
const greet = task('greet', { input: body, output: z.object({ text: z.string() }) })
const front: BuildFront = (web, { db, submit, clock }) => {
  web.post('/greetings', { schema: { body } }, async (request, reply) =>
    reply.answer(
      await idempotent(request, { scope: 'greetings', fingerprint: request.body }, async (tx) => {
        await tx.query('insert into note (text) values ($1)', [request.body.name])
        const job = await submit(greet, request.body)
        return { status: 202, headers: { location: `/operations/${job.id}` }, body: { id: job.id } }
      }),
    ),
  )
  web.get('/time', async () => ({ now: clock.now() }))
  web.get('/notes', async () => ({ count: (await db.query('select from note')).rows.length }))
}
const app = appOf({
  front,
  handlers: [
    runs(greet, async ({ input, progress }) => {
      progress(0.5)
      return { text: `Hello, ${input.name}!` }
    }),
  ],
})

describe('the web side of an application under test', () => {
  test('takes a request, runs its job, and shows the operation', async () => {
    await using t = await withNotes(app)
    const asked = await t.request({ method: 'POST', url: '/greetings', payload: { name: 'Ada' } })
    assert.equal(asked.statusCode, 202)
    const operation = String(asked.headers.location)
    assert.equal((await t.request(operation)).json().status, 'queued')
    await t.untilIdle()
    const { status, result } = (await t.request(operation)).json()
    assert.deepEqual([status, result], ['succeeded', { text: 'Hello, Ada!' }])
  })

  test('answers problems as it would in production', async () => {
    await using t = await withNotes(app)
    const refused = await t.request({ method: 'POST', url: '/greetings', payload: {} })
    assert.equal(refused.statusCode, 400)
    assert.match(String(refused.headers['content-type']), /problem\+json/)
    assert.equal((await t.request('/nowhere')).statusCode, 404)
  })

  test('lives in the time of the test', async () => {
    await using t = await withNotes(app, { now: 1_000 })
    assert.deepEqual((await t.request('/time')).json(), { now: 1_000 })
    await t.advance(500)
    assert.deepEqual((await t.request('/time')).json(), { now: 1_500 })
  })

  test('fails where the test orders it: a COMMIT whose answer is lost is made up for by the repeated request', async () => {
    await using t = await withNotes(app)
    const send = () =>
      t.request({ method: 'POST', url: '/greetings', payload: { name: 'Ada' }, headers: { 'idempotency-key': 'k1' } })
    t.fail('commit:answer-lost')
    assert.equal((await send()).statusCode, 500)
    assert.equal((await send()).statusCode, 202)
    assert.deepEqual((await t.request('/notes')).json(), { count: 1 })
    assert.equal((await t.enqueued(greet)).length, 1)
  })

  test('listens as well, for clients that want a connection', async () => {
    await using t = await withNotes(app)
    const url = await t.url()
    const { id } = await t.submit(greet, { name: 'Ada' })
    const events = await fetch(`${url}/operations/${id}/events`)
    const [text] = await Promise.all([events.text(), t.untilIdle()])
    assert.match(text, /"status":"succeeded"/)
    assert.ok(events.headers.has('x-content-type-options'), 'what the server itself says is there')
  })
})
