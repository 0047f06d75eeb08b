/** Errors as problem details, and the headers of every answer. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import { problem } from './problems.ts'
import { problemIn, RawClient, rawRequest } from './web-clients.test.ts'
import { count, testWeb } from './web-kit.test.ts'

describe('errors are problem details', () => {
  test('Z7, G5: an unknown error shows an id that the log has as well, and nothing else', async () => {
    const lines: string[] = []
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) })
    await using t = await testWeb(
      (web, { db }) => {
        web.get('/boom', async () => {
          throw new Error('the password is hunter2')
        })
        web.get('/sql', async () => db.query('select secret_column from nowhere'))
      },
      { log },
    )
    for (const [path, inside] of [
      ['/boom', 'hunter2'],
      ['/sql', 'nowhere'],
    ] as const) {
      const answer = await t.get(path)
      const text = await answer.clone().text()
      const body = await problemIn(answer, 500, 'MILLRACE_WEB_INTERNAL')
      assert.doesNotMatch(text, new RegExp(`${inside}|\\.ts:|select`))
      assert.ok(lines.some((line) => line.includes(body.instance) && line.includes(inside)))
    }
  })

  test("a user's own problem is shown as it is", async () => {
    await using t = await testWeb((web) => {
      web.get('/full', async () => {
        throw problem({
          status: 409,
          code: 'ALBUM_FULL',
          title: 'Album full',
          detail: 'It holds 3.',
          headers: { 'x-max': '3' },
        })
      })
    })
    const answer = await t.get('/full')
    assert.equal(answer.headers.get('x-max'), '3')
    const body = await problemIn(answer, 409, 'ALBUM_FULL')
    assert.deepEqual([body.type, body.title, body.detail], ['about:blank', 'Album full', 'It holds 3.'])
  })

  test('a coded error has its status, and its type leads to a page about the code', async () => {
    await using t = await testWeb((web, { submit }) => {
      web.get('/submit', async () => submit(count, { to: 'ten' } as never))
    })
    const body = await problemIn(await t.get('/submit'), 422, 'MILLRACE_QUEUE_INPUT_INVALID')
    const page = await t.get(body.type)
    assert.equal(page.status, 200)
    assert.match(await page.text(), /^MILLRACE_QUEUE_INPUT_INVALID\n\nCorrect the input/)
    await problemIn(await t.get('/problems/NOTHING'), 404, 'MILLRACE_WEB_ROUTE_UNKNOWN')
  })

  test('a database that is away is a 503 with Retry-After that names no address', async () => {
    await using t = await testWeb((web, { db }) => {
      web.get('/data', async () => db.query('select 1'))
    })
    await t.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await t.db.end()
    const answer = await t.get('/data')
    assert.equal(answer.headers.get('retry-after'), '1')
    const body = await problemIn(answer, 503, 'MILLRACE_DATA_UNREACHABLE')
    assert.equal(body.detail, 'The service cannot answer now; try again.')
    assert.equal(body.remedy, undefined)
  })

  test('unknown paths, wrong methods, bad URLs and broken HTTP', async () => {
    await using t = await testWeb((web) => {
      web.get('/api/things/:id', async () => ({}))
      web.put('/api/things/:id', async () => ({}))
    })
    await problemIn(await t.get('/api/nothing'), 404, 'MILLRACE_WEB_ROUTE_UNKNOWN')
    const wrong = await t.get('/api/things/1', { method: 'DELETE' })
    assert.equal(wrong.headers.get('allow'), 'GET, HEAD, PUT')
    await problemIn(wrong, 405, 'MILLRACE_WEB_METHOD_WRONG')
    const options = await t.get('/api/things/1', { method: 'OPTIONS' })
    assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, PUT'])
    assert.equal(options.headers.get('access-control-allow-origin'), null)
    const trace = await rawRequest(`${t.url}/api/things/1`, { method: 'TRACE' })
    assert.equal(trace.status, 405)
    await problemIn(await t.get('/api/things/%ff'), 400, 'MILLRACE_WEB_REQUEST_INVALID')
    await problemIn(await t.get(`/api/things/${'x'.repeat(201)}`), 400, 'MILLRACE_WEB_REQUEST_INVALID')
    assert.equal((await t.get(`/api/things/${'x'.repeat(200)}`)).status, 200)
    const broken = new RawClient(t.url)
    broken.send('NONSENSE\r\n\r\n')
    assert.match(
      await broken.sees('MILLRACE_WEB_REQUEST_INVALID'),
      /^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*x-content-type-options: nosniff/,
    )
    await broken.closed()
    const large = new RawClient(t.url)
    large.send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`)
    await large.sees('431')
    assert.equal((await t.get('/livez')).status, 200)
  })
})

describe('headers', () => {
  test('P1: every answer is protected, whatever it is', async () => {
    await using t = await testWeb(
      (web) => {
        web.get('/same', async (_request, reply) => reply.code(304).send())
        web.get('/away', async (_request, reply) => reply.redirect('/same'))
        web.get('/boom', async () => {
          throw new Error('boom')
        })
      },
      { origin: 'https://photos.example.com', limits: { headersMs: 100 } },
    )
    for (const path of ['/livez', '/nothing', '/openapi.json', '/problems/MILLRACE_WEB_INTERNAL', '/%ff']) {
      const { headers } = await t.get(path)
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
      assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
      assert.doesNotMatch(headers.get('content-security-policy') ?? '', /unsafe/)
      assert.equal(headers.get('referrer-policy'), 'same-origin')
      assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
      assert.match(headers.get('strict-transport-security') ?? '', /max-age=63072000/)
      for (const name of ['server', 'x-powered-by']) assert.equal(headers.get(name), null)
    }
    const job = await t.client.submit(count, { to: 3 })
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: photos.example.com\r\nConnection: close\r\n\r\n`
    const answers: readonly (readonly [number, string])[] = [
      [200, get(`/operations/${job.id}/events`)],
      [304, get('/same')],
      [302, get('/away')],
      [404, get('/nothing')],
      [500, get('/boom')],
      // what the parser refuses, or waits for in vain, is answered beside the application
      [400, 'NONSENSE\r\n\r\n'],
      [431, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`],
      [408, 'GET / HTTP/1.1\r\nHo'],
    ]
    await Promise.all(
      answers.map(async ([status, request]) => {
        const client = new RawClient(t.url)
        client.send(request)
        const head = await client.sees('\r\n\r\n')
        client.socket.destroy()
        assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `))
        for (const header of [
          'x-content-type-options: nosniff',
          "content-security-policy: default-src 'none'",
          'referrer-policy: same-origin',
          'strict-transport-security: max-age=63072000',
        ])
          assert.ok(head.includes(`\r\n${header}`), `${status} without ${header}`)
      }),
    )
    assert.equal((await t.get('/nothing')).headers.get('cache-control'), 'no-store')
  })

  test('without https there is no HSTS, and a route may decide about caching', async () => {
    await using t = await testWeb((web) => {
      web.get('/mine', async (_request, reply) => reply.header('cache-control', 'public, max-age=60').send({}))
      web.get('/plain', async () => ({}))
    })
    const mine = await t.get('/mine')
    assert.equal(mine.headers.get('strict-transport-security'), null)
    assert.equal(mine.headers.get('cache-control'), 'public, max-age=60')
    assert.equal((await t.get('/plain')).headers.get('cache-control'), 'no-store')
  })

  test("a client's address is taken from a proxy's header only when the proxy is trusted", async () => {
    const build = (web: Parameters<Parameters<typeof testWeb>[0] & object>[0]) => {
      web.get('/ip', async (request) => ({ ip: request.ip }))
    }
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    await using open = await testWeb(build)
    assert.deepEqual(await (await open.get('/ip', { headers })).json(), { ip: '127.0.0.1' })
    await using trusting = await testWeb(build, { trustedProxies: ['127.0.0.1'] })
    assert.deepEqual(await (await trusting.get('/ip', { headers })).json(), { ip: '203.0.113.9' })
  })
})
