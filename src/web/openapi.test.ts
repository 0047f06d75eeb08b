import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { acceptedSchema } from './operation-view.ts'
import { testWeb } from './web-kit.test.ts'

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape, looked at piece by piece
type Any = any

describe('/openapi.json', () => {
  test('describes every route by the schemas that check it', async () => {
    await using t = await testWeb(
      (web) => {
        const params = z.strictObject({ id: z.uuid() })
        const album = z.object({ id: z.uuid(), title: z.string().max(80), takenAt: z.iso.datetime().nullable() })
        web.get(
          '/api/albums/:id',
          {
            schema: {
              params,
              querystring: z.strictObject({ limit: z.coerce.number().int().max(100).default(20) }),
              response: { 200: album },
            },
          },
          async () => ({ id: 'x', title: 'x', takenAt: null }),
        )
        web.put(
          '/api/albums/:id',
          { schema: { params, body: z.strictObject({ title: z.string() }), response: { 202: acceptedSchema } } },
          async (_r, reply) =>
            reply.code(202).send({ id: 'x', task: 'x', status: 'queued', links: { self: '', events: '' } }),
        )
        web.post(
          '/api/photos',
          {
            schema: { operationId: 'uploadPhotos', summary: 'Takes pictures' },
            config: { upload: { field: 'photo', countMax: 50, bytesMax: 64 } },
          },
          async () => ({}),
        )
      },
      { title: 'Darkroom', origin: 'https://photos.example.com' },
    )
    const answer = await t.get('/openapi.json')
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    const etag = answer.headers.get('etag') ?? ''
    assert.equal((await t.get('/openapi.json', { headers: { 'if-none-match': etag } })).status, 304)
    const document: Any = await answer.json()
    checkStructure(document)
    assert.match(document.openapi, /^3\.1\.\d$/)
    assert.deepEqual(document.info, { title: 'Darkroom', version: 'test-1' })
    assert.deepEqual(document.servers, [{ url: 'https://photos.example.com' }])

    const { get, put } = document.paths['/api/albums/{id}']
    assert.equal(get.operationId, 'getApiAlbumsById')
    const named = (name: string) => get.parameters.find((p: Any) => p.name === name)
    assert.deepEqual([named('id').in, named('id').required, named('id').schema.format], ['path', true, 'uuid'])
    assert.deepEqual([named('limit').in, named('limit').required ?? false], ['query', false])
    assert.deepEqual(
      [named('limit').schema.type, named('limit').schema.maximum, named('limit').schema.default],
      ['integer', 100, 20],
    )
    const shape = get.responses['200'].content['application/json'].schema
    assert.deepEqual(Object.keys(shape.properties), ['id', 'title', 'takenAt'])
    assert.equal(shape.properties.title.maxLength, 80)
    assert.equal(put.requestBody.content['application/json'].schema.additionalProperties, false)
    assert.ok(put.responses['202'].content['application/json'].schema.properties.links)

    const upload = document.paths['/api/photos'].post
    assert.equal(upload.operationId, 'uploadPhotos')
    const form = upload.requestBody.content['multipart/form-data'].schema
    assert.deepEqual([form.required, form.properties.photo.maxItems], [['photo'], 50])

    const operation = document.paths['/operations/{id}']
    assert.deepEqual(Object.keys(operation).sort(), ['delete', 'get'])
    assert.equal(operation.get.responses['200'].content['application/json'].schema.properties.status.enum.length, 6)
    for (const path of ['/operations/{id}/events', '/livez', '/readyz']) assert.ok(document.paths[path]?.get, path)
    assert.equal(document.paths['/openapi.json'], undefined)
  })
})

/** What every OpenAPI 3.1 document must be, as far as it concerns ours. */
function checkStructure(document: Any): void {
  const operationIds = new Set<string>()
  for (const [path, methods] of Object.entries<Any>(document.paths)) {
    assert.match(path, /^\//)
    for (const [method, operation] of Object.entries<Any>(methods)) {
      const where = `${method} ${path}`
      assert.ok(['get', 'put', 'post', 'delete', 'patch'].includes(method), where)
      assert.match(operation.operationId, /^[a-z][A-Za-z0-9]*$/, where)
      assert.ok(!operationIds.has(operation.operationId), `${where}: ${operation.operationId} stands twice`)
      operationIds.add(operation.operationId)
      for (const name of [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1])) {
        const parameter = operation.parameters?.find((p: Any) => p.name === name && p.in === 'path')
        assert.ok(parameter?.required === true && parameter.schema, `${where}: ${name} is not described`)
      }
      for (const [status, response] of Object.entries<Any>(operation.responses)) {
        assert.match(status, /^([1-5]\d\d|[1-5]XX|default)$/)
        assert.equal(typeof response.description, 'string', where)
      }
      const problem = operation.responses.default.content['application/problem+json'].schema
      assert.deepEqual(problem, { $ref: '#/components/schemas/Problem' }, where)
    }
  }
  assert.ok(document.components.schemas.Problem.required.includes('code'))
  for (const ref of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = (ref[1] ?? '').split('/').reduce((node: Any, key) => node?.[key], document)
    assert.ok(target !== undefined, `${ref[0]} leads nowhere`)
  }
}
