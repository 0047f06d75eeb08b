/** Routes of a user: validation, answers, problems, headers. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import { z } from 'zod'
import { isMillraceError } from '../kernel/errors.ts'
import { acceptedSchema } from './operation-view.ts'
import { problemIn, rawRequest } from './web-clients.test.ts'
import { count, testWeb, untracked } from './web-kit.test.ts'

describe('requests are checked by Standard Schemas', () => {
  test('a handler gets what the schemas make of params, query and body, also asynchronously', async () => {
    await using t = await testWeb((web) => {
      web.post(
        '/api/things/:n',
        {
          schema: {
            params: z.strictObject({ n: z.coerce.number().int() }),
            querystring: z.strictObject({ tags: z.string().transform(async (text) => text.split(',')) }),
            body: z.strictObject({ title: z.string().trim() }),
            response: { 200: z.object({ n: z.number(), tags: z.array(z.string()), title: z.string() }) },
          },
        },
        async (request) => {
          const n: number = request.params.n
          const tags: string[] = request.query.tags
          return { n, tags, title: request.body.title }
        },
      )
    })
    const answer = await t.post('/api/things/7?tags=a,b', { title: ' Hello ' })
    assert.deepEqual(await answer.json(), { n: 7, tags: ['a', 'b'], title: 'Hello' })
  })

  test('what is wrong is told all at once, with its place, and the handler does not run', async () => {
    let runs = 0
    await using t = await testWeb((web) => {
      web.post(
        '/api/things/:n',
        {
          schema: {
            params: z.strictObject({ n: z.coerce.number() }),
            querystring: z.strictObject({ limit: z.coerce.number().max(100) }),
            body: z.strictObject({ title: z.string(), tags: z.array(z.string()) }),
          },
        },
        async () => {
          runs += 1
          return {}
        },
      )
    })
    const answer = await t.post('/api/things/x?limit=101', { title: 1, tags: ['a', 2], state: 'admin' })
    const { errors = [] } = await problemIn(answer, 400, 'MILLRACE_WEB_INPUT_INVALID')
    const places = errors.map((e) => e['pointer'] ?? `${e['in']} ${e['parameter']}`).sort()
    assert.deepEqual(places, ['#', '#/tags/1', '#/title', 'path n', 'query limit'])
    await problemIn(
      await t.post('/api/things/1?limit=1&limit=2', { title: '', tags: [] }),
      400,
      'MILLRACE_WEB_INPUT_INVALID',
    )
    assert.equal(runs, 0)
  })

  test('HEAD of a route with a transforming schema validates once', async () => {
    await using t = await testWeb((web) => {
      const querystring = z.object({ at: z.string().transform((text) => new Date(text)) })
      web.get('/api/at', { schema: { querystring } }, async (request) => request.query.at.toISOString())
    })
    assert.equal((await t.get('/api/at?at=2026-01-01', { method: 'HEAD' })).status, 200)
    assert.equal(await (await t.get('/api/at?at=2026-01-01')).text(), '2026-01-01T00:00:00.000Z')
  })

  test('C10: only JSON is taken for JSON, only whole, only so much of it, and no poison', async () => {
    await using t = await testWeb((web) => {
      web.post('/api/echo', { schema: { body: z.object({ a: z.string().optional() }) } }, async (r) => r.body)
    })
    const send = (body: string, type: string) => t.post('/api/echo', body, { 'content-type': type })
    assert.deepEqual(await (await send('{"a":"1"}', 'application/json; charset=utf-8')).json(), { a: '1' })
    await problemIn(await send('{"a":"1"}', 'text/plain'), 415, 'MILLRACE_WEB_MEDIA_TYPE')
    await problemIn(await send('a=1', 'application/x-www-form-urlencoded'), 415, 'MILLRACE_WEB_MEDIA_TYPE')
    await problemIn(await send('--x--\r\n', 'multipart/form-data; boundary=x'), 415, 'MILLRACE_WEB_MEDIA_TYPE')
    await problemIn(await send('{"a":', 'application/json'), 400, 'MILLRACE_WEB_JSON_INVALID')
    await problemIn(await send('', 'application/json'), 400, 'MILLRACE_WEB_JSON_INVALID')
    await problemIn(await send('{"__proto__":{"x":1}}', 'application/json'), 400, 'MILLRACE_WEB_JSON_INVALID')
    await problemIn(
      await send('{"constructor":{"prototype":{}}}', 'application/json'),
      400,
      'MILLRACE_WEB_JSON_INVALID',
    )
    const bodyOf = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
    assert.equal((await send(bodyOf(1024 * 1024), 'application/json')).status, 200)
    await problemIn(await send(bodyOf(1024 * 1024 + 1), 'application/json'), 413, 'MILLRACE_WEB_BODY_TOO_LARGE')
    const none = await rawRequest(`${t.url}/api/echo`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-length': '2' },
    })
    assert.equal(none.status, 415)
  })

  test('a request schema that is no Standard Schema is refused when the route is declared', async () => {
    await assert.rejects(
      testWeb((web) => {
        web.get('/x', { schema: { querystring: { type: 'object' } } }, async () => 'unchecked')
      }),
      (error) => isMillraceError(error, 'MILLRACE_WEB_SCHEMA_UNKNOWN') && /GET \/x/.test(error.message),
    )
  })
})

describe('answers are made by the response schema', () => {
  const album = z.object({ id: z.string(), title: z.string() })

  test('columns that are not declared do not leave the house', async () => {
    await using t = await testWeb((web) => {
      const row = { id: '1', title: 'Sea', owner_email: 'secret@example.com' }
      web.get('/api/album', { schema: { response: { 200: album } } }, async () => row)
      web.get('/api/albums', { schema: { response: { '2xx': z.array(album) } } }, async () => [row])
    })
    assert.deepEqual(await (await t.get('/api/album')).json(), { id: '1', title: 'Sea' })
    assert.deepEqual(await (await t.get('/api/albums')).json(), [{ id: '1', title: 'Sea' }])
  })

  test('an answer that does not fit, or has an undeclared status, is a 500 that shows nothing of it', async () => {
    const lines: string[] = []
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
    await using t = await testWeb(
      (web) => {
        // @ts-expect-error the schema's type is the handler's: this does not even compile
        web.get('/bad', { schema: { response: { 200: album } } }, async () => ({ id: 'SECRET-1' }))
        web.get('/undeclared', { schema: { response: { 200: album } } }, async (_request, reply) => {
          reply.raw.statusCode = 201
          return { id: '1', title: 'SECRET-2' }
        })
      },
      { log },
    )
    for (const path of ['/bad', '/undeclared']) {
      const answer = await t.get(path)
      const body = await problemIn(answer, 500, 'MILLRACE_WEB_INTERNAL')
      assert.doesNotMatch(JSON.stringify(body), /SECRET/)
      const line = lines.find((text) => text.includes(body.instance)) ?? assert.fail('not in the log')
      assert.match(line, /MILLRACE_WEB_RESPONSE_INVALID/)
      assert.doesNotMatch(line, /SECRET/)
    }
  })
})

describe('reply.accepted', () => {
  test('answers 202 with the operation, in the transaction of the caller', async () => {
    await using t = await testWeb((web, { db, submit }) => {
      web.post(
        '/api/count',
        { schema: { body: z.strictObject({ to: z.number() }), response: { 202: acceptedSchema } } },
        async (request, reply) => {
          const job = await db.transaction(async () => submit(count, { to: request.body.to }))
          return reply.accepted(job)
        },
      )
      web.post('/api/untracked', async (_request, reply) => reply.accepted(await submit(untracked, {})))
    })
    const answer = await t.post('/api/count', { to: 3 })
    const body = (await answer.json()) as { id: string; task: string; status: string; links: Record<string, unknown> }
    assert.equal(answer.status, 202)
    assert.equal(answer.headers.get('location'), `/operations/${body.id}`)
    assert.equal(answer.headers.get('retry-after'), '1')
    assert.deepEqual([body.task, body.status], ['test.count', 'queued'])
    assert.equal(body.links['events'], `/operations/${body.id}/events`)
    assert.equal((await t.get(body.links['self'] as string)).status, 200)
    await problemIn(await t.get('/api/untracked', { method: 'POST' }), 500, 'MILLRACE_WEB_INTERNAL')
  })
})
