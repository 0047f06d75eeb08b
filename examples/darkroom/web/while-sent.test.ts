import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { after, afterEach, before, describe, test } from 'node:test'
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import { picture } from '../test/client.ts'
import { type Visitor, visitor } from '../test/visitor.ts'
import { zip } from '../test/zip.ts'

describe('while an upload is being sent', () => {
  let t: TestApp
  let ada: Visitor
  /** The picture as an upload, and in an archive. */
  let forms: readonly (readonly [path: string, form: FormData])[]
  before(async () => {
    t = await testApp(app)
    ada = await visitor(await t.url(), 'ada')
    const file = await picture(1, 1_600, 1_200)
    forms = [
      ['/api/photos', formOf('photo', file.bytes)],
      ['/api/imports', formOf('archive', zip([file]))],
    ]
  })
  afterEach(() => {
    delete process.env['DARKROOM_QUOTA_BYTES']
  })
  after(() => t[Symbol.asyncDispose]())

  function formOf(field: string, bytes: Uint8Array<ArrayBuffer>): FormData {
    const form = new FormData()
    form.append(field, new Blob([bytes]), 'a')
    return form
  }

  /** The head of a request. Its body is sent by whoever ends it. */
  async function begun(path: string, form: FormData): Promise<{ request: ClientRequest; body: Buffer }> {
    const encoded = new Response(form)
    const body = Buffer.from(await encoded.arrayBuffer())
    const type = encoded.headers.get('content-type') ?? ''
    const headers = { 'content-type': type, 'content-length': body.length, cookie: ada.cookie ?? '' }
    const request = httpRequest(`${await t.url()}${path}`, {
      ...{ method: 'POST', headers: { ...headers, expect: '100-continue' }, agent: false },
    })
    request.flushHeaders()
    return { request, body }
  }
  async function told(request: ClientRequest): Promise<readonly [status: number | undefined, code: unknown]> {
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const { code } = (await json(answer)) as { code?: unknown }
    return [answer.statusCode, code]
  }

  test('an account that is disabled gets nothing accepted any more, and nothing of it is left', async () => {
    for (const [path, form] of forms) {
      const { request, body } = await begun(path, form)
      await once(request, 'continue') // it was let in
      await t.db.query('update millrace.account set disabled_at = now()')
      request.end(body)
      assert.deepEqual(await told(request), [401, 'DARKROOM_ACCOUNT_GONE'], path)
      await t.db.query('update millrace.account set disabled_at = null')
    }
    for (const folder of ['originals', 'archives'])
      assert.deepEqual(await Array.fromAsync(t.blobs.list(folder)), [], folder)
  })

  test('what there is no room for is refused before it is sent', async () => {
    process.env['DARKROOM_QUOTA_BYTES'] = '1000'
    for (const [path, form] of forms) {
      const { request } = await begun(path, form)
      assert.deepEqual(await told(request), [413, 'DARKROOM_QUOTA_FULL'], path)
      request.destroy()
    }
  })

  test('a repeat is answered as the first was, though that has filled the room', async () => {
    for (const [path, body] of forms) {
      const send = (headers: HeadersInit) => ada.fetch(path, { method: 'POST', body, headers })
      const first = await send({ 'idempotency-key': path })
      assert.equal(first.status, 202, path)
      process.env['DARKROOM_QUOTA_BYTES'] = '1'
      assert.equal((await send({})).status, 413, path)
      assert.deepEqual(await (await send({ 'idempotency-key': path })).json(), await first.json(), path)
      delete process.env['DARKROOM_QUOTA_BYTES']
    }
  })
})
