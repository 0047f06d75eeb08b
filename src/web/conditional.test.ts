import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { etagOf, isUnchanged, requireIfMatch } from './conditional.ts'
import { testWeb } from './web-kit.test.ts'

describe('conditional requests', () => {
  test('a reader that has the version gets 304, a writer that has not gets 412, one that does not say 428', async () => {
    let version = 7
    await using t = await testWeb((web) => {
      web.get('/api/album', async (request, reply) => {
        const etag = etagOf(version)
        reply.header('etag', etag)
        return isUnchanged(request, etag) ? reply.code(304).send() : { version }
      })
      web.patch('/api/album', async (request, reply) => {
        requireIfMatch(request, etagOf(version))
        version += 1
        return reply.header('etag', etagOf(version)).send({ version })
      })
    })
    const first = await t.get('/api/album')
    assert.deepEqual([first.headers.get('etag'), first.headers.get('cache-control')], ['"7"', 'private, no-cache'])
    const read = async (tag: string) => (await t.get('/api/album', { headers: { 'if-none-match': tag } })).status
    assert.deepEqual(
      [await read('"7"'), await read('W/"7"'), await read('"1", "7"'), await read('*'), await read('"8"')],
      [304, 304, 304, 304, 200],
    )
    const write = async (tag?: string) => {
      const headers = tag === undefined ? {} : { 'if-match': tag }
      const answer = await t.get('/api/album', { method: 'PATCH', headers })
      return [answer.status, ((await answer.json()) as { code?: string }).code]
    }
    assert.deepEqual(await write(), [428, 'MILLRACE_WEB_IF_MATCH_MISSING'])
    for (const tag of ['"6"', 'W/"7"', '7', '""'])
      assert.deepEqual(await write(tag), [412, 'MILLRACE_WEB_IF_MATCH_FAILED'], tag)
    assert.equal(version, 7)
    assert.deepEqual(await write('"7"'), [200, undefined])
    assert.deepEqual(await write('"7"'), [412, 'MILLRACE_WEB_IF_MATCH_FAILED'])
    assert.deepEqual(await write('*'), [200, undefined])
  })

  test('a version that would break the header is a bug', () => {
    for (const version of ['', 'a"b', 'a b', 'a\r\nb']) assert.throws(() => etagOf(version))
  })
})
