/** How many clients may be connected, and who makes room. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { RawClient, until } from './web-clients.test.ts'
import { testWeb } from './web-kit.test.ts'

describe('at the bound of connections', () => {
  test('H12: the one that is idle longest makes room', async () => {
    await using t = await testWeb(undefined, { limits: { connectionCountMax: 3 } })
    const clients = []
    for (let n = 0; n < 4; n += 1) {
      const client = new RawClient(t.url)
      client.send('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.sees('"alive"')
      clients.push(client)
    }
    await clients[0]?.closed()
    assert.deepEqual(
      clients.map((c) => c.isClosed),
      [true, false, false, false],
    )
    for (const client of clients) client.socket.destroy()
  })

  test('H12: where none is idle, the new one is closed and the others are served', async () => {
    const gate = Promise.withResolvers<void>()
    let count = 0
    await using t = await testWeb(
      (web) => {
        web.get('/slow', async () => {
          count += 1
          await gate.promise
          return { is: 'served' }
        })
      },
      { limits: { connectionCountMax: 2 } },
    )
    const busy = [new RawClient(t.url), new RawClient(t.url)]
    for (const client of busy) client.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('both are being served', () => count === 2)
    const late = new RawClient(t.url)
    late.send('GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')
    await late.closed()
    assert.equal(late.text, '')
    gate.resolve()
    for (const client of busy) await client.sees('"served"')
    assert.equal((await t.get('/livez')).status, 200, 'now that they are idle, one makes room')
    for (const client of busy) client.socket.destroy()
  })
})
