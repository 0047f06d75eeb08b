/** Input that means harm, by the tags of docs/security.md: what is sent, and what is answered. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { z } from 'zod'
import { HOST, statusOf, type Target, target } from './hostile-test-kit.ts'
import { problemIn } from './web-clients.test.ts'
import { testWeb } from './web-kit.test.ts'

/** As they stand in JSON: NUL, and halves of characters. */
const NO_TEXTS = [
  '\\u0000',
  'a\\u0000b',
  '\\\\\\u0000',
  '\\ud800',
  '\\uDC00',
  '\\ude00\\ud83d',
  '\\ud83d\\u0041',
  '\\ud83dx',
]

describe('V: input that is not as it should be is refused', () => {
  const send = (t: Target, headers: string, text: string): Promise<string> =>
    t.raw(
      `POST /things HTTP/1.1\r\n${HOST}${headers}Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    )

  test('V1: whatever Content-Type says, nothing gets past the schema', async () => {
    await using t = await target()
    const types = [
      'application/json\t',
      ' application/json',
      'APPLICATION/JSON',
      'application/json;charset=utf-8',
      'application/json; charset=utf-7',
      'application/jsonx',
      'text/json',
      'application/json/x',
      'application /json',
      'application/json,text/plain',
      '*/*',
      '',
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/vnd.api+json',
      'application/json\u00a0',
    ]
    for (const type of types) {
      const answer = await send(t, `Content-Type: ${type}\r\n`, '{"title":1}')
      assert.ok([400, 415].includes(statusOf(answer)), `${JSON.stringify(type)}: ${answer.slice(0, 60)}`)
    }
    assert.equal(statusOf(await send(t, '', '{"title":1}')), 415)
    assert.equal(
      statusOf(await send(t, 'Content-Type: application/json\r\nContent-Type: text/plain\r\n', '{"title":1}')),
      400,
    )
    assert.deepEqual(t.bodies, [])
    await t.isAlive()
  })

  test('V2: fields that are not declared', async () => {
    await using t = await target()
    for (const field of ['ownerId', 'role', 'state', 'id'])
      assert.equal((await t.post('/things', { title: 'a', [field]: 'x' })).status, 400)
    await t.isAlive()
  })

  test('V3: a byte more than the limit, with and without a length, and compressed', async () => {
    await using t = await target({ limits: { bodyBytesMax: 200 } })
    const exactly = (bytes: number): string => `{"title":"a"${' '.repeat(bytes - 13)}}`
    assert.equal((await t.post('/things', exactly(200))).status, 200)
    assert.equal((await t.post('/things', exactly(201))).status, 413)
    const chunk = exactly(201)
    const chunked = `POST /things HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`
    assert.equal(statusOf(await t.raw(chunked)), 413)
    const bomb = gzipSync(Buffer.alloc(1024 * 1024, ' '))
    const answer = await fetch(`${t.url}/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: bomb.subarray(0, 150),
    })
    assert.equal(answer.status, 400, 'it is not unpacked')
    await t.isAlive()
  })

  test('V4: deep and wide JSON', async () => {
    await using t = await target()
    const hostile = [
      '['.repeat(100_000),
      `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
      `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      `[${'0,'.repeat(500_000)}0]`,
    ]
    for (const text of hostile) assert.equal((await t.post('/things', text)).status, 400)
    await t.isAlive()
  })

  test('V5: numbers and texts that JSON can write and nothing can hold; what is stored is what was checked', async () => {
    await using t = await target()
    for (const text of [
      '{"title":"a","count":1e400}',
      '{"title":"a","count":9007199254740993}',
      '{"title":"a","count":1.5}',
      '{"title":1,"title":"a","count":-1e400}',
      ...NO_TEXTS.map((text) => `{"title":"${text}"}`),
      ...NO_TEXTS.map((text) => `{"${text}":"a"}`),
    ])
      assert.equal((await t.post('/things', text)).status, 400, text)
    const twice = await t.post('/things', '{"title":"first","title":"second"}')
    assert.deepEqual(await twice.json(), { title: 'second' })
    assert.deepEqual(t.bodies.at(-1), { title: 'second' })
    await t.isAlive()
  })

  test('V5: texts that PostgreSQL cannot hold come to no handler, those that look like them do', async () => {
    await using t = await testWeb((web, { db }) => {
      const stored = async (text: string) => (await db.query('select $1::text as text', [text])).rows[0]
      web.post('/texts', { schema: { body: z.strictObject({ text: z.string() }) } }, ({ body }) => stored(body.text))
      web.get('/texts', { schema: { querystring: z.object({ text: z.string() }) } }, ({ query }) => stored(query.text))
      web.get('/texts/:text', { schema: { params: z.object({ text: z.string() }) } }, ({ params }) =>
        stored(params.text),
      )
    })
    for (const text of NO_TEXTS)
      await problemIn(await t.post('/texts', `{"text":"${text}"}`), 400, 'MILLRACE_WEB_JSON_INVALID')
    for (const path of ['/texts?text=a%00', '/texts/a%00b', '/texts?text%00=a'])
      await problemIn(await t.get(path), 400, 'MILLRACE_WEB_REQUEST_INVALID')
    // halves of characters in percent signs are no UTF-8
    for (const path of ['/texts?text=%ed%a0%80', '/texts/%ed%a0%80'])
      assert.ok([200, 400].includes((await t.get(path)).status), path)
    for (const text of ['\\\\u0000', '\\ud83d\\ude00', '\\ue000', '\\u0001', '\\\\ud800', '\\uFFFF', '\\\\\\\\u0000']) {
      const answer = await t.post('/texts', `{"text":"${text}"}`)
      assert.deepEqual([answer.status, await answer.json()], [200, JSON.parse(`{"text":"${text}"}`)], text)
    }
    assert.equal((await t.get('/livez')).status, 200)
  })

  test('V6: parameters that come twice, in brackets, or with more inside', async () => {
    await using t = await target()
    for (const query of ['id=1&id=2', 'id[]=1', 'id[a]=1', 'id=1&ID=2', '', 'id'])
      assert.ok([400, query === 'id' ? 200 : 400].includes((await t.get(`/list?${query}`)).status), query)
    assert.deepEqual(await (await t.get('/list?id=1')).json(), { id: '1' })
    await t.isAlive()
  })

  test('X1: names that reach into every object', async () => {
    await using t = await target()
    for (const text of ['{"title":"a","__proto__":{"x":1}}', '{"title":"a","constructor":{"prototype":{"x":1}}}'])
      assert.equal((await t.post('/things', text)).status, 400)
    for (const query of ['__proto__[x]=1', 'constructor.prototype.x=1', '__proto__=1'])
      assert.equal((await t.get(`/list?id=1&${query}`)).status, 400, query)
    assert.equal(({} as Record<string, unknown>)['x'], undefined)
    await t.isAlive()
  })
})

describe('P: answers', () => {
  test('P2: let no inline script run but one that carries the fresh word of its answer', async () => {
    await using t = await testWeb((web) => {
      web.get('/page', async (_request, reply) =>
        reply.type('text/html').send(`<script nonce="${reply.nonce()}"></script>`),
      )
    })
    const seen = new Set<string>()
    for (let n = 0; n < 3; n += 1) {
      const answer = await t.get('/page')
      const policy = answer.headers.get('content-security-policy') ?? ''
      const [, nonce = ''] = /nonce="([\w-]{43})"/.exec(await answer.text()) ?? []
      assert.match(policy, new RegExp(`script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'`))
      assert.doesNotMatch(policy, /unsafe/)
      seen.add(nonce)
    }
    assert.equal(seen.size, 3)
    const policy = (await t.get('/')).headers.get('content-security-policy') ?? ''
    for (const rule of ["script-src 'self';", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"])
      assert.ok(policy.includes(rule), rule)
    assert.equal((await t.get('/livez')).status, 200)
  })

  test('P3: grant nothing to pages of other origins', async () => {
    await using t = await target({ origin: 'https://photos.example' })
    for (const origin of [
      'https://evil.example',
      'null',
      'https://photos.example.evil.example',
      'https://photos.example',
    ])
      for (const method of ['GET', 'OPTIONS'])
        assert.equal(
          (await t.get('/', { method, headers: { origin } })).headers.get('access-control-allow-origin'),
          null,
        )
    await t.isAlive()
  })

  test('P7: name no software and show no stack', async () => {
    await using t = await target()
    for (const path of ['/', '/nowhere', '/openapi.json', '/%']) {
      const answer = await t.get(path)
      assert.deepEqual([answer.headers.get('server'), answer.headers.get('x-powered-by')], [null, null])
      assert.doesNotMatch(await answer.text(), /fastify|node_modules|\.ts:\d/i)
    }
    await t.isAlive()
  })
})
