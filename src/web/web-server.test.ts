/** The server itself: listening, readiness, deadlines, and how it ends. */
import { strict as assert } from 'node:assert'
import { Agent, request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { systemClock } from '../kernel/clock.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { READY_CACHE_MS } from './health.ts'
import { RawClient, until } from './web-clients.test.ts'
import { testWeb } from './web-kit.test.ts'

const codeIn = async (response: Response) => ((await response.json()) as { code: string }).code

describe('listening', () => {
  test('a taken port is a clear error in a moment', async () => {
    await using t = await testWeb()
    const { port } = t.web.address()
    const started = systemClock.monotonic()
    await assert.rejects(testWeb(undefined, { port }), (error) => {
      assert.ok(isMillraceError(error, 'MILLRACE_WEB_PORT_TAKEN'))
      assert.match(error.message, new RegExp(`port ${port} `))
      assert.match(error.remedy, /PORT=/)
      return true
    })
    assert.ok(systemClock.monotonic() - started < 2_000, 'with making a database for it')
    await assert.rejects(testWeb(undefined, { host: '203.0.113.1', port: 0 }), (error) =>
      isMillraceError(error, 'MILLRACE_WEB_LISTEN_FAILED'),
    )
  })

  test('while the front loads, /livez answers, /readyz and everything else are 503', async () => {
    const gate = Promise.withResolvers<void>()
    const address = Promise.withResolvers<string>()
    // the front itself tells where the server listens already
    const opening = testWeb(async (web) => {
      web.get('/mine', async () => ({}))
      const { port } = web.server.address() as { port: number }
      address.resolve(`http://127.0.0.1:${port}`)
      await gate.promise
    })
    const url = await address.promise
    assert.equal((await fetch(`${url}/livez`)).status, 200)
    for (const path of ['/readyz', '/mine']) {
      const answer = await fetch(`${url}${path}`)
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), '1')
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.match(answer.headers.get('content-type') ?? '', /problem\+json/)
      assert.equal(await codeIn(answer), 'MILLRACE_WEB_STARTING')
    }
    gate.resolve()
    await using t = await opening
    assert.equal((await t.get('/mine')).status, 200)
  })

  test('a front that fails fails the start, and gives the port back', async () => {
    let port = 0
    await assert.rejects(
      testWeb((web) => {
        port = (web.server.address() as { port: number }).port
        throw new Error('no such table')
      }),
      /no such table/,
    )
    await using t = await testWeb(undefined, { port })
    assert.equal((await t.get('/livez')).status, 200)
  })
})

describe('readiness', () => {
  test('/readyz tells why not, looks once a second however many ask, and at most for its time', async () => {
    let nowMs = 0
    let looks = 0
    let isReady = async () => {}
    const clock = { ...systemClock, monotonic: () => nowMs }
    await using t = await testWeb(undefined, {
      clock,
      isReady: () => {
        looks += 1
        return isReady()
      },
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => t.get('/readyz')))
    assert.ok(answers.every((a) => a.status === 200))
    assert.deepEqual(await answers[0]?.json(), { status: 'ready', release: 'test-1' })
    assert.equal(looks, 1)
    isReady = async () => {
      throw new Error('postgres://secret@host is away')
    }
    assert.equal((await t.get('/readyz')).status, 200, 'known for a second')
    nowMs += READY_CACHE_MS
    const notReady = await t.get('/readyz')
    assert.equal(notReady.status, 503)
    const body = await notReady.text()
    assert.match(body, /MILLRACE_WEB_NOT_READY/)
    assert.doesNotMatch(body, /secret/)
    assert.equal((await t.get('/livez')).status, 200)
    isReady = () => new Promise(() => {})
    nowMs += READY_CACHE_MS
    const hanging = await t.get('/readyz')
    assert.deepEqual([hanging.status, looks], [503, 3])
  })
})

describe('deadlines', () => {
  test('H10: a body that trickles in gets a 408, an answer that does not come a 503', async () => {
    await using t = await testWeb(
      (web) => {
        web.post('/api/things', { schema: { body: z.object({}) } }, async () => ({}))
        web.get('/never', () => new Promise<never>(() => {}))
      },
      { limits: { bodyMs: 50, requestMs: 100 } },
    )
    const client = new RawClient(t.url)
    client.send(
      'POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
    )
    await until('it is told that it is late', () => {
      client.send(' ')
      return client.text.includes('MILLRACE_WEB_BODY_LATE')
    })
    assert.match(client.text, /^HTTP\/1\.1 408 /)
    client.socket.destroy()
    const never = await t.get('/never')
    assert.deepEqual([never.status, await codeIn(never)], [503, 'MILLRACE_WEB_TIMEOUT'])
  })

  test('headers that trickle in get a 408', async () => {
    await using t = await testWeb(undefined, { limits: { headersMs: 100 } })
    const client = new RawClient(t.url)
    client.send('GET / HTTP/1.1\r\nHo')
    assert.match(await client.sees('MILLRACE_WEB_REQUEST_LATE'), /^HTTP\/1\.1 408 /)
    await client.closed()
  })

  test('an answer to a body that is still coming reaches its sender', async () => {
    await using t = await testWeb((web) => {
      web.post('/api/things', { schema: { body: z.object({}) } }, async () => ({}))
    })
    const client = new RawClient(t.url)
    const bytes = 5_000_000
    client.send(
      `POST /api/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${bytes}\r\n\r\n`,
    )
    client.send('x'.repeat(100_000))
    assert.match(await client.sees('MILLRACE_WEB_BODY_TOO_LARGE'), /^HTTP\/1\.1 413 /)
    client.send('x'.repeat(bytes - 100_000)) // it is read and thrown away, and the connection goes on
    client.send('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.match(await client.sees('"alive"'), /^HTTP\/1\.1 200 /)
    client.socket.destroy()
  })
})

describe('stopping', () => {
  test('what is under way is finished; open connections are answered once more, with Connection: close', async () => {
    const gate = Promise.withResolvers<void>()
    await using t = await testWeb((web) => {
      web.get('/slow', async () => {
        await gate.promise
        return { slow: true }
      })
    })
    const idle = new RawClient(t.url)
    idle.send('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
    assert.match(await idle.sees('"alive"'), /Connection: keep-alive/i)
    const busy = new RawClient(t.url)
    busy.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('the slow request is there', async () => (await t.get('/livez')).ok)
    const stopping = t.web.stop({ drainMs: 10_000 })
    idle.send('GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n')
    const answer = await idle.sees('MILLRACE_WEB_DRAINING')
    assert.match(answer, /^HTTP\/1\.1 503 /)
    assert.match(answer, /connection: close/i)
    await idle.closed()
    gate.resolve()
    assert.match(await busy.sees('"slow":true'), /connection: close/i)
    await busy.closed()
    await stopping
    await assert.rejects(fetch(`${t.url}/livez`))
  })

  test('a connection whose answer had begun before is closed as well, long before the drain time is over', async () => {
    const gate = Promise.withResolvers<void>()
    await using t = await testWeb((web) => {
      web.get('/stream', async (_request, reply) => {
        async function* parts() {
          yield 'begun'
          await gate.promise
          yield 'ended'
        }
        return reply.type('text/plain').send(Readable.from(parts(), { objectMode: false }))
      })
    })
    const client = new RawClient(t.url)
    client.send('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
    await client.sees('begun')
    const started = systemClock.monotonic()
    const stopping = t.web.stop({ drainMs: 60_000 })
    gate.resolve()
    await client.sees('ended')
    await stopping
    assert.ok(systemClock.monotonic() - started < 4_000)
    await client.closed()
  })

  test('what does not finish within the drain time is cut, and connections that stay silent are closed', async () => {
    await using t = await testWeb((web) => {
      web.get('/never', () => new Promise<never>(() => {}))
    })
    const silent = new RawClient(t.url)
    const busy = new RawClient(t.url)
    busy.send('GET /never HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('both are connected', async () => (await t.get('/livez')).ok && !silent.socket.connecting)
    const started = systemClock.monotonic()
    await t.web.stop({ drainMs: 200 })
    const tookMs = systemClock.monotonic() - started
    assert.ok(tookMs >= 190 && tookMs < 2_000, `${tookMs} ms`)
    await Promise.all([silent.closed(), busy.closed()])
    await t.web.stop({ drainMs: 200 })
  })

  test('keep-alive clients under load lose no request when the server stops', async () => {
    await using t = await testWeb((web) => {
      web.get('/api/now', async () => ({ ok: true }))
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 8 })
    const outcomes = { ok: 0, refused: 0, reset: 0 }
    const client = async (): Promise<void> => {
      for (;;) {
        try {
          assert.equal(await getWith(agent, `${t.url}/api/now`), 200)
          outcomes.ok += 1
        } catch (error) {
          const { code } = error as NodeJS.ErrnoException
          if (code === 'ECONNREFUSED') {
            outcomes.refused += 1 // a new connection: in production another process takes it
            return
          }
          outcomes.reset += 1
        }
      }
    }
    const clients = Array.from({ length: 8 }, client)
    await until('they are at it', () => outcomes.ok > 500)
    await t.web.stop({ drainMs: 5_000 })
    await Promise.all(clients)
    agent.destroy()
    assert.deepEqual([outcomes.reset, outcomes.refused], [0, 8])
  })
})

function getWith(agent: Agent, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end()
  })
}
