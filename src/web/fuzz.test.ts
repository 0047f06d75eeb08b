/**
 * What nobody thought of: generated cookies, headers, bodies, parts, event ids, settings and names. The server answers
 * something below 500 to each, and goes on. FUZZ_RUNS raises the number of runs; a failure prints its seed.
 */
import { strict as assert } from 'node:assert'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { defineApp } from '../app/define-app.ts'
import { signedIn } from '../contract/access.ts'
import { task } from '../contract/task.ts'
import { type TestApp, testApp } from '../testing/test-app.ts'
import { etagOf, isUnchanged } from './conditional.ts'
import { front } from './front.ts'
import { idempotent } from './idempotency.ts'
import { peoplesRoutes } from './identity-test-kit.ts'
import { servePages } from './pages.ts'
import { RawClient, until } from './web-clients.test.ts'

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60)
const options = { numRuns: RUNS }

/** Bytes as a client may send them, without those that end a header line. */
const line = fc
  .oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint16Array({ maxLength: 100 }).map((units) => Buffer.from(String.fromCharCode(...units))),
  )
  .map((bytes) =>
    Buffer.from(bytes)
      .toString('latin1')
      .replaceAll(/[\r\n\0]/g, ''),
  )
const token = fc.string({ unit: fc.constantFrom(...'abcXYZ0-_'), minLength: 1, maxLength: 20 })

/** What those who read such headers wait for, nearly. */
const headerLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'bytes',
        '=',
        '-',
        ',',
        '"',
        'W/',
        '"7"',
        '*',
        'wait',
        'respond-async',
        ';',
        ' ',
        'text/html',
        '/',
        'q=0.5',
      ),
      fc.nat(99_999).map(String),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

const work = task('work', { input: z.object({}), output: z.object({}) })
const app = defineApp({
  name: 'fuzzed',
  tasks: [work],
  identity: { roles: ['editor'], localUsers: [{ id: 'ada', name: 'Ada Lovelace' }] },
  web: async () => ({
    default: front(async (web, runtime) => {
      await peoplesRoutes(web, runtime)
      const access = signedIn
      web.get('/tagged', { config: { access } }, async (request, reply) => {
        reply.header('etag', etagOf(7))
        return isUnchanged(request, etagOf(7)) ? reply.code(304).send() : { is: 'new' }
      })
      web.post('/once', { config: { access } }, async (request, reply) => {
        const once = { scope: 'POST /once', fingerprint: request.body ?? null }
        return reply.answer(await idempotent(request, once, async () => ({ status: 201, body: { is: 'done' } })))
      })
      // reads Range
      await servePages(web, { folder: import.meta.dirname, fallback: () => false })
    }),
  }),
})

/** What the requests are made of. */
interface Setting {
  /** Of somebody who has logged in. */
  readonly session: string
  /** The path of an operation of nobody's, which has ended. */
  readonly operation: string
}

/** The status of the answer; 0 where there is none. @param isAll nothing more is sent: who waits for more would wait for ever. */
async function answerTo(url: string, text: string, isAll: boolean): Promise<number> {
  const client = new RawClient(url)
  client.send(Buffer.from(text, 'latin1'))
  // a client that is through is not answered by what takes a moment: only for what may be no whole request
  if (isAll) client.socket.end()
  await until('there is an answer, or an end', () => client.isClosed || client.text.includes('\r\n\r\n'))
  client.socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(client.text)?.[1] ?? 0)
}

describe('whatever is sent, the answer is the client’s own fault or none, and the server lives', () => {
  let t: TestApp
  let setting: Setting
  before(async () => {
    t = await testApp(app)
    const job = await t.submit(work, {})
    await t.db.query(`update millrace.operation set status = 'cancelled', version = 3 where id = $1`, [job.id])
    const { headers } = await t.signIn('ada')
    setting = { session: headers.cookie.slice('session='.length), operation: `/operations/${job.id}` }
  })
  after(() => t[Symbol.asyncDispose]())

  /** @param isRight which answers are right, of those that are no fault of ours. */
  const holds = (
    what: string,
    request: fc.Arbitrary<(setting: Setting) => string>,
    isRight: (status: number) => boolean = (status) => status >= 200,
    isAll = false,
  ): void => {
    test(what, async () => {
      const url = await t.url()
      await fc.assert(
        fc.asyncProperty(request, async (made) => {
          const text = made(setting)
          const status = await answerTo(url, text, isAll)
          assert.ok(status < 500 && isRight(status), `${status} to ${JSON.stringify(text)}`)
          assert.equal((await fetch(`${url}/livez`)).status, 200)
        }),
        options,
      )
    })
  }
  const get = (path: string, headers: string): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`
  const post = (path: string, type: string, body: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`
  const always = (text: string) => (): string => text

  holds(
    'cookies',
    fc
      .array(fc.tuple(fc.constantFrom('session', '__Host-session', 'login', ''), line), { maxLength: 5 })
      .map((pairs) =>
        always(get('/identity/me', `Cookie: ${pairs.map(([name, value]) => `${name}=${value}`).join('; ')}\r\n`)),
      ),
    (status) => status === 401 || status === 400,
  )
  holds(
    'a session that was changed, which is nobody’s',
    fc
      .tuple(fc.constantFrom('cut', 'changed', 'longer', 'turned'), fc.nat(), token)
      .map(([how, n, text]) => ({ session }: Setting) => {
        const at = n % session.length
        const [head, tail] = [session.slice(0, at), session.slice(at)]
        const changed = {
          cut: head,
          changed: `${head}~${tail.slice(1)}`,
          longer: `${head}${text}${tail}`,
          turned: `${tail}.${head}`,
        }
        return get('/mine', `Cookie: session=${changed[how]}\r\n`)
      }),
    (status) => status === 401,
  )
  holds(
    'headers, of somebody who has logged in',
    fc
      .tuple(
        fc.constantFrom('/mine', '/tagged', '/fuzz.test.ts', 'operation', 'once'),
        fc.array(
          fc.tuple(
            fc.oneof(
              token,
              fc.constantFrom(
                ...[
                  'Accept',
                  'Prefer',
                  'If-None-Match',
                  'If-Range',
                  'Idempotency-Key',
                  'Sec-Fetch-Site',
                  'Origin',
                  'Range',
                ],
              ),
            ),
            fc.oneof(line, headerLike),
          ),
          { maxLength: 8 },
        ),
      )
      .map(([path, pairs]) => ({ session, operation }: Setting) => {
        const headers = [['Cookie', `session=${session}`], ...pairs]
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')
        if (path !== 'once') return get(path === 'operation' ? operation : path, headers)
        return `POST /once HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n${headers}\r\n`
      }),
    (status) => status >= 200 && status !== 401 && status !== 404,
  )
  holds(
    'what says who one is',
    fc
      .oneof(
        line,
        token.map((text) => `Bearer ${text}.${text}.${text}`),
      )
      .map((text) => always(get('/mine', `Authorization: ${text}\r\n`))),
    (status) => status === 401 || status === 400,
  )
  holds(
    'paths and queries',
    line.map((text) => always(get(`/${text.replaceAll(' ', '%20')}`, ''))),
  )
  holds(
    'ends of logins',
    line.map((text) =>
      always(get(`/identity/callback?state=${encodeURIComponent(text)}&code=${encodeURIComponent(text)}`, '')),
    ),
  )
  holds(
    'ids of events',
    fc.oneof(line, fc.bigInt({ min: -4n, max: 10n ** 20n }).map(String), fc.nat(4).map(String)).map(
      (text) =>
        ({ operation }: Setting) =>
          get(`${operation}/events`, `Last-Event-ID: ${text}\r\n`),
    ),
    (status) => [200, 204, 400].includes(status),
  )
  holds(
    'forms for a logout',
    line.map((text) =>
      always(post('/identity/backchannel-logout', 'application/x-www-form-urlencoded', `logout_token=${text}`)),
    ),
  )
  holds(
    'answers to the question who one is',
    fc
      .tuple(token, line)
      .map(([uid, text]) =>
        always(post(`/identity/local/login/${uid}`, 'application/x-www-form-urlencoded', `user=${text}`)),
      ),
  )
  holds(
    'JSON',
    fc.json().map((text) => always(post('/echo', 'application/json', Buffer.from(text).toString('latin1')))),
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
        return always(post('/files', 'multipart/form-data; boundary=b', text))
      }),
  )
  holds(
    'types of content',
    line.map((type) => always(post('/echo', type, '{}'))),
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
      .map((lines) => always(`${lines.join('\r\n')}\r\n\r\n`)),
    // what is no request at all may be left without an answer
    () => true,
    true,
  )
})
