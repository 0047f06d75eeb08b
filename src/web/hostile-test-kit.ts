/** A server that counts what gets through to it, for tests of hostile requests. */
import { strict as assert } from 'node:assert'
import { z } from 'zod'
import { RawClient, until } from './web-clients.test.ts'
import { type TestWeb, testWeb } from './web-kit.test.ts'

export interface Target extends TestWeb {
  /** Requests that came to a handler, by path. */
  readonly hits: Map<string, number>
  /** Bodies that came to a handler. */
  readonly bodies: unknown[]
  /** Sends bytes, and answers all that comes back until the connection is closed, or a whole answer is there. */
  raw(text: string): Promise<string>
  isAlive(): Promise<void>
}

const body = z.strictObject({ title: z.string().max(100), count: z.int().optional() })

export async function target(options: Parameters<typeof testWeb>[1] = {}): Promise<Target> {
  const hits = new Map<string, number>()
  const bodies: unknown[] = []
  const t = await testWeb((web) => {
    web.addHook('preHandler', async (request) => {
      const path = request.url.split('?', 1)[0] ?? ''
      hits.set(path, (hits.get(path) ?? 0) + 1)
      bodies.push(request.body)
    })
    web.get('/', async () => ({ is: 'well' }))
    web.get('/admin', async () => ({ is: 'secret' }))
    web.post('/things', { schema: { body } }, async (request) => request.body)
    web.get('/list', { schema: { querystring: z.strictObject({ id: z.string() }) } }, async (request) => request.query)
    web.get('/who', async (request) => ({ ip: request.ip, host: request.host, protocol: request.protocol }))
  }, options)
  return {
    ...t,
    hits,
    bodies,
    async raw(text) {
      const client = new RawClient(t.url)
      client.send(text)
      await until('there is an answer, or an end', () => client.isClosed || /\r\n\r\n.*[}\]]$/s.test(client.text))
      client.socket.destroy()
      return client.text
    },
    async isAlive() {
      assert.equal((await t.get('/')).status, 200)
    },
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  }
}

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
export const HOST = 'Host: x\r\n'
