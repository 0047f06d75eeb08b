import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { problemIn } from './web-clients.test.ts'
import { testWeb } from './web-kit.test.ts'

const ORIGIN = 'https://photos.example'

async function opened(origin?: string) {
  let changes = 0
  const t = await testWeb(
    (web) => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const)
        web.route({
          method,
          url: '/api/thing',
          handler: async () => {
            if (method !== 'GET') changes += 1
            return {}
          },
        })
    },
    origin === undefined ? {} : { origin },
  )
  const send = (method: string, headers: Record<string, string>): Promise<Response> =>
    t.get('/api/thing', { method, headers })
  return { t, send, changes: () => changes, [Symbol.asyncDispose]: () => t[Symbol.asyncDispose]() }
}

describe('C9: a request that a foreign page sends', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    test(`is refused when it is a ${method}, and nothing is done`, async () => {
      await using o = await opened(ORIGIN)
      const foreign: readonly Record<string, string>[] = [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'of my own making' },
        { 'sec-fetch-site': 'cross-site', origin: ORIGIN },
        { origin: 'https://evil.example' },
        { origin: 'https://photos.example.evil.example' },
        { origin: 'http://photos.example' },
        { origin: 'https://photos.example:8443' },
        { origin: 'null' },
      ]
      for (const headers of foreign) await problemIn(await o.send(method, headers), 403, 'MILLRACE_WEB_CROSS_SITE')
      assert.equal(o.changes(), 0)
    })

  test('may read, as a link does: what it reads it cannot see', async () => {
    await using o = await opened(ORIGIN)
    const answer = await o.send('GET', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [200, null])
  })
})

describe('a request that changes something is carried out', () => {
  test('from a page of the application, and from what is no browser', async () => {
    await using o = await opened(ORIGIN)
    const own: readonly Record<string, string>[] = [
      { 'sec-fetch-site': 'same-origin', origin: ORIGIN },
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { origin: ORIGIN },
      {},
    ]
    for (const headers of own) assert.equal((await o.send('POST', headers)).status, 200)
    assert.equal(o.changes(), own.length)
  })

  test('where no origin is configured, from the host that it was sent to', async () => {
    await using o = await opened()
    assert.equal((await o.send('POST', { origin: o.t.url })).status, 200)
    await problemIn(await o.send('POST', { origin: 'http://127.0.0.1:1' }), 403, 'MILLRACE_WEB_CROSS_SITE')
  })
})
