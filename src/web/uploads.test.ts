import { strict as assert } from 'node:assert'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { blobKey } from '../blobs/blobs.ts'
import { displayName } from './file-name.ts'
import type { FrontRuntime, WebInstance } from './front.ts'
import type { WebLimits } from './limits.ts'
import { receiveFiles } from './uploads.ts'
import { RawClient, rawRequest, until } from './web-clients.test.ts'
import { type TestWeb, testWeb } from './web-kit.test.ts'

const rule = { field: 'photo', countMax: 3, bytesMax: 200_000 }

/** Takes pictures, which begin with PIC, and keeps those whose name does not begin with "lose". */
function pictures(web: WebInstance, { blobs }: FrontRuntime): void {
  let n = 0
  web.post('/api/photos', { config: { upload: rule } }, async (request) => {
    const accept = async (head: Uint8Array) => Buffer.from(head).toString('latin1', 0, 3) === 'PIC'
    await using received = await receiveFiles(request, { ...rule, blobs, accept })
    for (const file of received.files) if (!file.name.startsWith('lose')) await file.keep(blobKey('p', String(++n)))
    return { files: received.files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })) }
  })
}

const open = (limits: Partial<WebLimits> = {}): Promise<TestWeb> => testWeb(pictures, { limits })
const picture = (bytes: number): Blob => new Blob([`PIC${'x'.repeat(bytes - 3)}`])

async function upload(t: TestWeb, files: readonly (readonly [string, Blob, string])[]) {
  const form = new FormData()
  for (const [field, content, name] of files) form.append(field, content, name)
  const answer = await t.get('/api/photos', { method: 'POST', body: form })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function nothingIsLeft(t: TestWeb): Promise<void> {
  await until('no temporary file is left', async () => (await t.staged()).length === 0)
  assert.deepEqual(await Array.fromAsync(t.blobs.list('p')), [])
}

describe('receiveFiles', () => {
  test('streams files into blobs, with names, sizes and hashes; what is not kept is gone', async () => {
    await using t = await open()
    const { status, body } = await upload(t, [
      ['photo', picture(200_000), 'at the limit.jpg'],
      ['photo', picture(10), 'lose me.jpg'],
      ['photo', picture(3), '../../etc/ünï"c\r\node.jpg'],
    ])
    assert.equal(status, 200)
    const files = body['files'] as { name: string; bytes: number; sha256: string }[]
    assert.deepEqual(
      files.map((f) => f.bytes),
      [200_000, 10, 3],
    )
    assert.deepEqual(files[0]?.name, 'at the limit.jpg')
    assert.match(files[2]?.name ?? '', /^ünï[^/\r\n]*ode\.jpg$/)
    assert.equal(files[2]?.sha256, createHash('sha256').update('PIC').digest('hex'))
    assert.equal((await Array.fromAsync(t.blobs.list('p'))).length, 2)
    assert.deepEqual(await t.staged(), [])
  })

  test('U1: one file too large, one too many, of the wrong kind, in the wrong field: nothing of any is left', async () => {
    await using t = await open()
    const good = ['photo', picture(1_000), 'a.jpg'] as const
    const cases: readonly [readonly (readonly [string, Blob, string])[], number, string][] = [
      [[good, ['photo', picture(200_001), 'b.jpg']], 413, 'MILLRACE_BLOBS_TOO_LARGE'],
      [[good, ['photo', picture(2_000_000), 'b.jpg'], good], 413, 'MILLRACE_BLOBS_TOO_LARGE'],
      [[good, good, good, good], 413, 'MILLRACE_WEB_UPLOAD_TOO_MANY'],
      [[good, ['photo', new Blob(['<html>']), 'b.jpg']], 415, 'MILLRACE_WEB_UPLOAD_TYPE'],
      [[good, ['other', picture(10), 'b.jpg'], good], 400, 'MILLRACE_WEB_UPLOAD_FIELD_UNKNOWN'],
      [[], 400, 'MILLRACE_WEB_UPLOAD_EMPTY'],
    ]
    for (const [files, status, code] of cases) {
      const answer = await upload(t, files)
      assert.deepEqual([answer.status, answer.body['code']], [status, code])
      await nothingIsLeft(t)
    }
    assert.equal((await upload(t, [good])).status, 200)
  })

  test('ordinary fields, JSON, no body and no boundary are refused', async () => {
    await using t = await open()
    const form = new FormData()
    form.append('title', 'x')
    form.append('photo', picture(10), 'a.jpg')
    const field = await t.get('/api/photos', { method: 'POST', body: form })
    assert.deepEqual(
      [field.status, ((await field.json()) as { code: string }).code],
      [400, 'MILLRACE_WEB_UPLOAD_FIELD_UNKNOWN'],
    )
    assert.equal((await t.post('/api/photos', {})).status, 415)
    assert.equal((await t.get('/api/photos', { method: 'POST' })).status, 415)
    const bare = await rawRequest(`${t.url}/api/photos`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data' },
      body: 'x',
    })
    assert.deepEqual([bare.status, JSON.parse(bare.body).code], [400, 'MILLRACE_WEB_UPLOAD_BROKEN'])
    await nothingIsLeft(t)
  })

  test('U6: a body that ends too early, has thousands of parts or poisonous names is refused', async () => {
    await using t = await open()
    const part = 'Content-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
    const bodies = [
      `--b\r\n${part}\r\nPICture without an end`,
      `${Array.from({ length: 10_000 }, () => `--b\r\n${part}\r\nPIC\r\n`).join('')}--b--\r\n`,
      '--b\r\nContent-Disposition: form-data; name="__proto__"; filename="a"\r\n\r\nPIC\r\n--b--\r\n',
      'no boundary at all',
    ]
    for (const body of bodies) {
      const headers = { 'content-type': 'multipart/form-data; boundary=b' }
      const answer = await rawRequest(`${t.url}/api/photos`, { method: 'POST', headers, body })
      assert.ok([400, 413].includes(answer.status), `${answer.status} for ${body.slice(0, 100)}`)
      assert.match(JSON.parse(answer.body).code, /^MILLRACE_WEB_UPLOAD_/)
      await nothingIsLeft(t)
    }
    assert.equal((await t.get('/livez')).status, 200)
  })

  test('U6: what has no end and is no file is refused: headers of parts, and what lies before, between and behind them', async () => {
    await using t = await open()
    const part = '--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'
    const long = 'x'.repeat(1_000_000)
    const post = (body: string, boundary = 'b') =>
      rawRequest(`${t.url}/api/photos`, {
        method: 'POST',
        headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
        body,
      })
    for (const body of [
      `${part}X-Long: ${long}\r\n\r\nPIC\r\n--b--\r\n`,
      `${part}\r\nPIC\r\n${part}${'X: y\r\n'.repeat(200_000)}\r\nPIC\r\n--b--\r\n`,
      `${part}${long}`,
      `${long}\r\n${part}\r\nPIC\r\n--b--\r\n`,
      `--b\r\nX: y\r\n\r\n${long}\r\n${part}\r\nPIC\r\n--b--\r\n`,
      `--${long}`,
    ]) {
      const answer = await post(body)
      assert.deepEqual(
        [answer.status, JSON.parse(answer.body).code],
        [400, 'MILLRACE_WEB_UPLOAD_BROKEN'],
        body.slice(0, 90),
      )
      await nothingIsLeft(t)
    }
    const spoken = await post(`--b\r\n\r\n`, 'b'.repeat(10_000))
    assert.equal(spoken.status, 400)
    // many small files, which the parser is through with long before they are kept
    const small = await post(`${`${part}X: ${'x'.repeat(400)}\r\n\r\nPIC\r\n`.repeat(3)}--b--\r\n`)
    assert.equal(small.status, 200)
  })

  test('U6: headers of ordinary length are none of that, however many files there are', async () => {
    await using t = await testWeb((web, { blobs }) => {
      web.post('/many', async (request) => {
        await using received = await receiveFiles(request, { field: 'photo', countMax: 1_000, bytesMax: 2_000, blobs })
        return { count: received.files.length }
      })
    })
    const form = new FormData()
    for (let n = 0; n < 600; n += 1) form.append('photo', picture(1_000), `${'n'.repeat(200)}${n}.jpg`)
    assert.deepEqual(await (await t.get('/many', { method: 'POST', body: form })).json(), { count: 600 })
  })

  test('U7: clients that go away in the middle leave nothing', async () => {
    await using t = await open()
    const clients = Array.from({ length: 30 }, () => new RawClient(t.url))
    for (const client of clients) {
      client.send(
        'POST /api/photos HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n',
      )
      client.send(
        `--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\nPIC${'x'.repeat(30_000)}`,
      )
    }
    await until('all are being received', async () => (await t.staged()).length === clients.length)
    for (const client of clients) client.socket.destroy()
    await nothingIsLeft(t)
  })

  test('an upload in which nothing arrives is given up with an answer', async () => {
    await using t = await open({ uploadIdleMs: 100 })
    const client = new RawClient(t.url)
    client.send(
      'POST /api/photos HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n',
    )
    client.send('--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\nPIC')
    assert.match(await client.sees('MILLRACE_WEB_UPLOAD_STALLED'), /^HTTP\/1\.1 408 /)
    client.socket.destroy()
    await nothingIsLeft(t)
  })

  test('a slow upload is not cut by the deadline of ordinary requests', async () => {
    await using t = await open({ bodyMs: 30, requestMs: 60, uploadIdleMs: 5_000 })
    const client = new RawClient(t.url)
    const tail = 'x'.repeat(20)
    const head = '--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\nPIC'
    const end = '\r\n--b--\r\n'
    const length = head.length + tail.length + end.length
    client.send(
      `POST /api/photos HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${length}\r\n\r\n${head}`,
    )
    await until('it is being received', async () => (await t.staged()).length === 1)
    for (const char of tail) {
      client.send(char)
      await new Promise((resolve) => setTimeout(resolve, 10)) // the slowness is what is tested
    }
    client.send(end)
    assert.match(await client.sees('"bytes":23'), /^HTTP\/1\.1 200 /)
    client.socket.destroy()
  })
})

test('U2: names for display have no path, no controls, no turned text, and 255 characters at most', () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    ['a.jpg', 'a.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\pic.png', 'pic.png'],
    ['a\u0000b\r\nc.jpg', 'abc.jpg'],
    ['gpj.\u202eexe', 'gpj.exe'],
    ['u\u0308ber.jpg', 'über.jpg'],
    ['\ud800x', '\ufffdx'],
    ['..', 'file'],
    ['  ', 'file'],
    [undefined, 'file'],
    ['x'.repeat(300), 'x'.repeat(255)],
    [`${'x'.repeat(254)}😀`, 'x'.repeat(254)],
  ]
  for (const [given, shown] of cases) assert.equal(displayName(given), shown)
})
