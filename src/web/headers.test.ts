/** Headers that every answer has, in whatever way its head is written. */
import { strict as assert } from 'node:assert'
import type { ServerResponse } from 'node:http'
import { describe, test } from 'node:test'
import { RawClient } from './web-clients.test.ts'
import { testWeb } from './web-kit.test.ts'

type Write = (response: ServerResponse) => void

async function headOf(write: Write): Promise<string> {
  await using t = await testWeb((web) => {
    web.get('/raw', (_request, reply) => {
      reply.hijack()
      write(reply.raw)
      reply.raw.end()
    })
  })
  const client = new RawClient(t.url)
  client.send('GET /raw HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
  await client.closed()
  return client.text.split('\r\n\r\n', 1)[0] ?? ''
}

describe('an answer whose head a route writes itself', () => {
  const ways: readonly (readonly [string, Write])[] = [
    ['with a status', (response) => response.writeHead(200)],
    ['with headers', (response) => response.writeHead(200, { 'x-own': '1' })],
    ['with a reason and headers', (response) => response.writeHead(200, 'Fine', { 'x-own': '1' })],
    ['with headers as a list', (response) => response.writeHead(200, ['x-own', '1'])],
    ['with headers set before', (response) => response.setHeader('x-own', '1').writeHead(200, { 'x-other': '2' })],
    ['not at all', () => {}],
  ]
  for (const [how, write] of ways)
    test(`${how} has the common headers, once each`, async () => {
      const head = await headOf(write)
      for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy'])
        assert.equal(head.toLowerCase().split(`${name}:`).length, 2, `${name} in ${head}`)
    })

  test('keeps its reason and its own headers', async () => {
    const head = await headOf((response) => response.writeHead(200, 'Fine', { 'x-own': '1' }))
    assert.match(head, /^HTTP\/1\.1 200 Fine\r\n/)
    assert.match(head, /\r\nx-own: 1(\r\n|$)/)
  })

  test('replaces a common header, however it spells its name', async () => {
    for (const name of ['content-security-policy', 'Content-Security-Policy']) {
      const head = await headOf((response) => response.writeHead(200, { [name]: "default-src 'self'" }))
      assert.deepEqual(head.match(/^content-security-policy: .*$/gim), [`${name}: default-src 'self'`])
    }
  })
})
