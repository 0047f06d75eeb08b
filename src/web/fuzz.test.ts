/**
 * What nobody thought of: generated cookies, headers, bodies, parts, event ids, settings and names. The server answers
 * something below 500 to each, and goes on. FUZZ_RUNS raises the number of runs; a failure prints its seed.
 */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { openedPeople, type TestPeople } from './identity-test-kit.ts'
import { RawClient, until } from './web-clients.test.ts'

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60)
const options = { numRuns: RUNS }

/** Bytes as a client may send them, without those that end a header line. */
const line = fc.string({ unit: 'binary', maxLength: 200 }).map((text) =>
  Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[\r\n\0]/g, ''),
)
const token = fc.string({ unit: fc.constantFrom(...'abcXYZ0-_'), minLength: 1, maxLength: 20 })

async function answerTo(t: TestPeople, text: string): Promise<number> {
  const client = new RawClient(await t.url())
  client.socket.end(Buffer.from(text, 'latin1')) // that is all: who waits for more would wait for ever
  await until('there is an answer, or an end', () => client.isClosed || client.text.includes('\r\n\r\n'))
  client.socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(client.text)?.[1] ?? 0)
}

describe('whatever is sent, the answer is the client’s own fault or none, and the server lives', () => {
  const holds = (what: string, request: fc.Arbitrary<string>): void => {
    test(what, async () => {
      await using t = await openedPeople()
      await fc.assert(
        fc.asyncProperty(request, async (text) => {
          const status = await answerTo(t, text)
          assert.ok(status < 500, `${status} to ${JSON.stringify(text)}`)
        }),
        options,
      )
      assert.equal((await t.browser().send('/open')).status, 200)
    })
  }
  const get = (path: string, headers: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`
  const post = (path: string, type: string, body: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`

  holds(
    'cookies',
    fc
      .array(fc.tuple(fc.constantFrom('session', '__Host-session', 'login', ''), line), { maxLength: 5 })
      .map((pairs) =>
        get('/identity/me', `Cookie: ${pairs.map(([name, value]) => `${name}=${value}`).join('; ')}\r\n`),
      ),
  )
  holds(
    'headers',
    fc
      .array(
        fc.tuple(
          fc.oneof(
            token,
            fc.constantFrom(
              'Authorization',
              'Accept',
              'Prefer',
              'If-None-Match',
              'Idempotency-Key',
              'Sec-Fetch-Site',
              'Origin',
              'Range',
            ),
          ),
          line,
        ),
        { maxLength: 8 },
      )
      .map((pairs) => get('/mine', pairs.map(([name, value]) => `${name}: ${value}\r\n`).join(''))),
  )
  holds(
    'paths and queries',
    line.map((text) => get(`/${text.replaceAll(' ', '%20')}`, '')),
  )
  holds(
    'ends of logins',
    line.map((text) =>
      get(`/identity/callback?state=${encodeURIComponent(text)}&code=${encodeURIComponent(text)}`, ''),
    ),
  )
  holds(
    'ids of events',
    line.map((text) => get('/operations/00000000-0000-7000-8000-000000000000/events', `Last-Event-ID: ${text}\r\n`)),
  )
  holds(
    'forms for a logout',
    line.map((text) =>
      post('/identity/backchannel-logout', 'application/x-www-form-urlencoded', `logout_token=${text}`),
    ),
  )
  holds(
    'answers to the question who one is',
    fc
      .tuple(token, line)
      .map(([uid, text]) => post(`/identity/local/login/${uid}`, 'application/x-www-form-urlencoded', `user=${text}`)),
  )
  holds(
    'JSON',
    fc.json().map((text) => post('/echo', 'application/json', Buffer.from(text).toString('latin1'))),
  )
  holds(
    'files',
    fc
      .array(
        fc.tuple(
          fc.constantFrom('--b', '--b--', '--c', '', '-'),
          fc.array(
            fc.oneof(
              line,
              fc
                .tuple(line, line)
                .map(([name, file]) => `Content-Disposition: form-data; name="${name}"; filename="${file}"`),
              fc.constant('Content-Disposition: form-data; name="file"; filename="a"'),
              fc.constant('Content-Type: image/png'),
            ),
            { maxLength: 3 },
          ),
          fc.oneof(line, fc.constant('x'.repeat(1_001))),
        ),
        { maxLength: 6 },
      )
      .map((parts) => {
        const text = parts
          .map(([boundary, headers, content]) => [boundary, ...headers, '', content].join('\r\n'))
          .join('\r\n')
        return post('/files', 'multipart/form-data; boundary=b', text)
      }),
  )
  holds(
    'types of content',
    line.map((type) => post('/echo', type, '{}')),
  )
  holds(
    'what is hardly HTTP',
    fc
      .array(
        fc.oneof(
          line,
          fc.constantFrom('GET / HTTP/1.1', 'Host: x', '', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
        ),
        { maxLength: 12 },
      )
      .map((lines) => `${lines.join('\r\n')}\r\n\r\n`),
  )
})
