/**
 * HTTP that means harm, by the tags of docs/security.md: what is sent, and what is answered. Each test ends by proving that the
 * server still serves.
 */
import { strict as assert } from 'node:assert'
import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { HOST, statusOf, target } from './hostile-test-kit.ts'
import { RawClient, until } from './web-clients.test.ts'
import { testWeb } from './web-kit.test.ts'

/** Sends each, expects one of the statuses (0: closed without a word), that nothing got through, and a server that lives. */
async function refuses(requests: readonly string[], statuses: readonly number[], closes = true): Promise<void> {
  await using t = await target()
  for (const request of requests) {
    const answer = await t.raw(request)
    assert.ok(statuses.includes(statusOf(answer)), `${JSON.stringify(request.slice(0, 120))}: ${answer.slice(0, 60)}`)
    if (closes && statusOf(answer) !== 0)
      assert.match(answer, /\r\nconnection: close\r\n/i, JSON.stringify(request.slice(0, 120)))
  }
  assert.equal(t.hits.get('/admin'), undefined, 'what was smuggled in behind came to nobody')
  assert.equal(t.hits.get('/things'), undefined)
  await t.isAlive()
}

const SMUGGLED = `GET /admin HTTP/1.1\r\n${HOST}\r\n`
const post = (headers: string, rest = ''): string =>
  `POST /things HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${headers}\r\n${rest}`
const JSON_BODY = '{"title":"a"}'

describe('H: broken and ambiguous HTTP is refused', () => {
  test('H1: a length and chunks at once, in both orders', () =>
    refuses(
      [
        post(`Content-Length: ${JSON_BODY.length}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${SMUGGLED}`),
        post(`Transfer-Encoding: chunked\r\nContent-Length: ${JSON_BODY.length}\r\n`, `0\r\n\r\n${SMUGGLED}`),
      ],
      [400],
    ))

  test('H2: two lengths, and lengths that are none', () =>
    refuses(
      [
        ...['+5', '0x5', '-1', '5, 6', '5 5', '5e1', '99999999999999999999'].map((length) =>
          post(`Content-Length: ${length}\r\n`, SMUGGLED),
        ),
        post('Content-Length: 13\r\nContent-Length: 14\r\n', `${JSON_BODY}${SMUGGLED}`),
        post('Content-Length: 13\r\nContent-Length: 13\r\n', `${JSON_BODY}${SMUGGLED}`),
      ],
      [400],
    ))

  test('H3: encodings of the body that are not exactly chunked', () =>
    refuses(
      [
        ...[
          'xchunked',
          'chunked, identity',
          'identity',
          'chunked\r\n identity',
          '\x0bchunked',
          'chun\tked',
          'chunked\tidentity',
          'chun\0ked',
          'gzip',
          'chunked, chunked',
        ].map((coding) => post(`Transfer-Encoding: ${coding}\r\n`, `0\r\n\r\n${SMUGGLED}`)),
        post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${SMUGGLED}`),
        `POST /things HTTP/1.0\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      ],
      [400, 501, 0],
    ))

  test('H3: chunks in HTTP/1.0, which has none, whatever stands behind them', () =>
    refuses(
      [
        `POST /things HTTP/1.0\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n${JSON_BODY}\r\n0\r\n\r\n${SMUGGLED}`,
      ],
      [400],
      false, // nobody has to say so: it is what HTTP/1.0 does
    ))

  test('H4: chunk sizes that overflow, are negative or no numbers, and bare line ends', () =>
    refuses(
      ['FFFFFFFFFFFFFFFFF', '-1', '1_0', '0x1', ' 1', 'g', '1;a\nb', '1;a\rb'].map((size) =>
        post('Transfer-Encoding: chunked\r\n', `${size}\r\na\r\n0\r\n\r\n${SMUGGLED}`),
      ),
      [400, 0],
    ))

  test('H4: a chunk extension of 64 KB', () =>
    refuses([post('Transfer-Encoding: chunked\r\n', `1;${'x'.repeat(65_536)}\r\na\r\n0\r\n\r\n`)], [400, 413, 431, 0]))

  test('H5: control characters, NUL and bare line ends in headers', () =>
    refuses(
      ['X: a\0b', 'X: a\x01b', 'X: a\rb', 'X: a\nY: b', 'X: a\n b', 'X\0: a', 'X y: a', 'X: a\x7fb', ': a', 'X'].map(
        (line) => `GET / HTTP/1.1\r\n${HOST}${line}\r\n\r\n`,
      ),
      [400],
    ))

  test('H6: no Host, two, one with a user, a path or a list, and one that is not that of the address', () =>
    refuses(
      [
        'GET /admin HTTP/1.1\r\n\r\n',
        'GET /admin HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
        'GET /admin HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n',
        'GET /admin HTTP/1.1\r\nHost: user@a\r\n\r\n',
        'GET /admin HTTP/1.1\r\nHost: a/b\r\n\r\n',
        'GET /admin HTTP/1.1\r\nHost: a, b\r\n\r\n',
        'GET /admin HTTP/1.1\r\nHost: \r\n\r\n',
        'GET http://evil.example/admin HTTP/1.1\r\nHost: a\r\n\r\n',
      ],
      [400],
      false,
    ))

  test('H6: links are made of the configured origin, whatever Host says', async () => {
    await using t = await target({ origin: 'https://photos.example' })
    const answer = await t.raw('GET /openapi.json HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
    assert.match(answer, /https:\/\/photos\.example/)
    assert.doesNotMatch(answer, /evil\.example/)
    await t.isAlive()
  })

  test('H7: a trailer is never taken for a header', async () => {
    await using t = await testWeb((web) => {
      web.post('/echo', { schema: {} }, async ({ headers }) => ({
        authorization: headers.authorization ?? 'none',
        host: headers.host,
      }))
    })
    const client = new RawClient(t.url)
    client.send(
      `POST /echo HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization, Host\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\nAuthorization: Bearer evil\r\nHost: evil\r\n\r\n`,
    )
    await client.closed()
    assert.match(client.text, /"authorization":"none","host":"x"/)
    assert.equal((await t.get('/livez')).status, 200)
  })

  test('H8: 17 KB of headers, and 500 of them', () =>
    refuses(
      [
        `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(17 * 1_024)}\r\n\r\n`,
        `GET / HTTP/1.1\r\n${HOST}${Array.from({ length: 500 }, (_, n) => `X${n}: a\r\n`).join('')}\r\n`,
      ],
      [431],
      false,
    ))

  test('H9: hundreds of clients that send a byte now and then are let go of, and others are served meanwhile', async () => {
    await using t = await target({ limits: { headersMs: 1_000 } })
    const slow = Array.from({ length: 200 }, () => new RawClient(t.url))
    for (const client of slow) client.send('GET / HTTP/1.1\r\nX: ')
    let bytes = 0
    await until('all are closed', async () => {
      for (const client of slow) client.send('a')
      bytes += 1
      await t.isAlive()
      return slow.every((client) => client.isClosed)
    })
    assert.ok(bytes > 1)
    for (const client of slow) assert.ok(['', '408'].includes(/^HTTP\/1\.1 (\d+)/.exec(client.text)?.[1] ?? ''))
    await t.isAlive()
  })

  test('H11: who never reads a long answer is let go of, and no more of it is made than systems keep', async () => {
    const chunk = Buffer.alloc(64 * 1024)
    let [madeBytes, isOver] = [0, false]
    function* endless() {
      try {
        for (;;) {
          madeBytes += chunk.length
          yield chunk
        }
      } finally {
        isOver = true
      }
    }
    let server: Server | undefined
    await using t = await testWeb(
      (web) => {
        server = web.server
        web.get('/long', async (_request, reply) => reply.type('text/plain').send(Readable.from(endless())))
      },
      { limits: { connectionIdleMs: 1_000 } },
    )
    const client = new RawClient(t.url)
    client.socket.pause()
    client.send(`GET /long HTTP/1.1\r\n${HOST}\r\n`)
    await until('the answer has begun', () => madeBytes > 0)
    await until('nobody is connected', async () => {
      const { promise, resolve } = Promise.withResolvers<number>()
      server?.getConnections((_error, count) => resolve(count))
      return (await promise) === 0
    })
    await until('the answer is given up', () => isOver)
    assert.ok(madeBytes < 32 * 1024 * 1024, `${madeBytes} bytes were made`)
    assert.equal((await t.get('/livez')).status, 200)
    client.socket.destroy()
  })

  test('H13: headers named like parts of every object change nothing', async () => {
    await using t = await target()
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype'])
      assert.equal(statusOf(await t.raw(`GET / HTTP/1.1\r\n${HOST}${name}: x\r\n${name}: y\r\n\r\n`)), 200)
    assert.equal(Object.keys({}).length, 0)
    assert.equal(({} as Record<string, unknown>)['x'], undefined)
    await t.isAlive()
  })

  test('H15: HTTP/2, which is not spoken', () => refuses(['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], [400, 505]))

  test('H16: methods that are not for here, and those that hide in a header', async () => {
    await using t = await target()
    for (const method of ['TRACE', 'PROPFIND', 'DELETE'])
      assert.ok([404, 405].includes(statusOf(await t.raw(`${method} /admin HTTP/1.1\r\n${HOST}\r\n`))), method)
    for (const method of ['FOO', 'get', 'GET/'])
      assert.equal(statusOf(await t.raw(`${method} /admin HTTP/1.1\r\n${HOST}\r\n`)), 400, method)
    assert.ok([0, 400, 404, 405].includes(statusOf(await t.raw(`CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`))))
    const hidden = await t.raw(`GET /things HTTP/1.1\r\n${HOST}X-HTTP-Method-Override: POST\r\n\r\n`)
    assert.equal(statusOf(hidden), 405)
    assert.equal(t.hits.get('/things'), undefined)
    await t.isAlive()
  })

  test('H17: who asks first is told no before the body, and yes where it is wanted', async () => {
    await using t = await target({ limits: { bodyBytesMax: 100 } })
    const ask = (path: string, length: number): string =>
      `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`
    assert.equal(statusOf(await t.raw(ask('/things', 1_000))), 413)
    assert.equal(statusOf(await t.raw(ask('/nowhere', 13))), 404)
    const client = new RawClient(t.url)
    client.send(ask('/things', JSON_BODY.length))
    await client.sees('HTTP/1.1 100 Continue')
    client.send(JSON_BODY)
    await client.sees('HTTP/1.1 200')
    client.socket.destroy()
    await t.isAlive()
  })

  test('H18: a wish for a WebSocket is answered as the plain request that it is', async () => {
    await using t = await target()
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: https://evil.example\r\n'
    for (const [path, status] of [
      ['/nowhere', 404],
      ['/', 200],
    ] as const) {
      const answer = await t.raw(`GET ${path} HTTP/1.1\r\n${HOST}${upgrade}\r\n`)
      assert.equal(statusOf(answer), status)
      assert.doesNotMatch(answer, /^(?:upgrade|sec-websocket-accept):/im)
    }
    await t.isAlive()
  })

  test('H19: what a client says of where it comes from is not believed, unless it is a proxy of ours', async () => {
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    }
    await using direct = await target()
    const told = (await (await direct.get('/who', { headers })).json()) as Record<string, string>
    assert.deepEqual([told['ip'], told['protocol']], ['127.0.0.1', 'http'])
    assert.doesNotMatch(told['host'] ?? '', /evil/)
    await using behind = await target({ trustedProxies: ['127.0.0.1'] })
    assert.equal(((await (await behind.get('/who', { headers })).json()) as { ip: string }).ip, '203.0.113.9')
    await using other = await target({ trustedProxies: ['10.0.0.0/8'] })
    assert.equal(((await (await other.get('/who', { headers })).json()) as { ip: string }).ip, '127.0.0.1')
    for (const t of [direct, behind, other]) await t.isAlive()
  })
})
