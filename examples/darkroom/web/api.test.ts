import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type StartedApp, startApp, until } from 'millrace/testing'
import sharp from 'sharp'
import { type Visitor, visitor } from '../test/visitor.ts'
import type { PhotoJson } from './photo-json.ts'

const APP = fileURLToPath(new URL('../app.ts', import.meta.url))
const READY_MS_MAX = 60_000

interface Uploaded {
  readonly photos: readonly { readonly id: string; readonly name: string; readonly operation: string }[]
}

/** A small picture of its own colour, wide enough for two sizes. */
const picture = (colour: string) =>
  sharp({ create: { width: 660, height: 440, channels: 3, background: colour } })
    .png()
    .toBuffer()

describe('the API of Darkroom', () => {
  let app: StartedApp
  let ada: Visitor
  let photo: PhotoJson
  let etag: string
  before(async () => {
    app = await startApp(APP)
    ada = await visitor(app.url, 'ada')
    photo = await uploadReady('first.png', await picture('#336699'))
  })
  after(() => app[Symbol.asyncDispose]())

  const call = (path: string, init?: RequestInit) => ada.fetch(path, init)
  const upload = (files: Readonly<Record<string, Uint8Array>>, key?: string) => {
    const form = new FormData()
    for (const [name, bytes] of Object.entries(files)) form.append('photo', new Blob([Uint8Array.from(bytes)]), name)
    return call('/api/photos', {
      method: 'POST',
      body: form,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    })
  }
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code
  const show = async (id: string) => (await (await call(`/api/photos/${id}`)).json()) as PhotoJson
  const list = async (query = '') =>
    (await (await call(`/api/photos${query}`)).json()) as { photos: PhotoJson[]; next: string | null }
  const ended = (id: string) =>
    until(
      'the photo is not processed any more',
      async () => {
        const shown = await show(id)
        return shown.status === 'processing' ? undefined : shown
      },
      READY_MS_MAX,
    )

  async function uploadReady(name: string, bytes: Uint8Array): Promise<PhotoJson> {
    const response = await upload({ [name]: bytes })
    const { photos } = (await response.json()) as Uploaded
    return ended(photos[0]?.id ?? '')
  }

  const edit = (body: unknown, ifMatch?: string) =>
    call(`/api/photos/${photo.id}`, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/merge-patch+json',
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      },
      body: JSON.stringify(body),
    })

  test('an upload is accepted with an operation that leads to the photo', async () => {
    const response = await upload({ 'a.png': await picture('#993366') })
    const { photos } = (await response.json()) as Uploaded
    assert.equal(response.status, 202)
    assert.equal(response.headers.get('location'), photos[0]?.operation)
    assert.match(photos[0]?.operation ?? '', /^\/operations\/[0-9a-f-]{36}$/)
    const shown = await ended(photos[0]?.id ?? '')
    assert.deepEqual([shown.status, shown.name, shown.width, shown.operation], ['ready', 'a.png', 660, null])
    const operation = await call(photos[0]?.operation ?? '')
    assert.deepEqual([operation.status, operation.headers.get('location')], [303, `/api/photos/${shown.id}`])
  })

  test('files of several kinds come in one request, and a broken one harms none of the others', async () => {
    const sound = await sharp(await picture('#669933'))
      .jpeg()
      .toBuffer()
    const response = await upload({ 'sound.png': sound, 'broken.jpg': sound.subarray(0, 400) })
    const { photos } = (await response.json()) as Uploaded
    assert.equal(response.headers.get('location'), null)
    const [whole, broken] = await Promise.all(photos.map(({ id }) => ended(id)))
    assert.deepEqual(
      [whole?.status, broken?.status, broken?.problem?.code],
      ['ready', 'failed', 'DARKROOM_PHOTO_UNREADABLE'],
    )
    await until(
      'the operation has failed as the photo has',
      async () => (await codeOf(await call(photos[1]?.operation ?? ''))) === 'DARKROOM_PHOTO_UNREADABLE',
    )
  })

  test('U3: one file that is no picture by its bytes refuses the whole request, and nothing is stored', async () => {
    const count = (await list('?limit=200')).photos.length
    const others = { 'a.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>', 'b.jpg': 'hello', 'c.jpg': '' }
    for (const [name, text] of Object.entries(others)) {
      const response = await upload({ 'sound.png': await picture('#123456'), [name]: Buffer.from(text) })
      assert.equal(response.status, 415, name)
    }
    assert.equal((await list('?limit=200')).photos.length, count)
  })

  test('a repeated upload with the same key is one upload', async () => {
    const [key, bytes] = [randomUUID(), await picture('#654321')]
    const first = await upload({ 'k.png': bytes }, key)
    const second = await upload({ 'k.png': bytes }, key)
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    assert.deepEqual(await second.json(), await first.json())
    assert.equal((await upload({ 'other.png': bytes }, key)).status, 422)
  })

  test('V8: the list goes page by page to its end', async () => {
    const all = (await list('?limit=200')).photos.map(({ id }) => id)
    const paged: string[] = []
    for (let next: string | null = ''; next !== null; ) {
      const page = await list(`?limit=2${next === '' ? '' : `&after=${next}`}`)
      paged.push(...page.photos.map(({ id }) => id))
      next = page.next
    }
    assert.deepEqual(paged, all)
    for (const query of [
      '?limit=0',
      '?limit=-1',
      '?limit=201',
      '?limit=1000000000',
      '?limit=1e9',
      '?limit=x',
      '?sort=id',
      '?after=forged',
      '?other=1',
    ])
      assert.equal((await call(`/api/photos${query}`)).status, 400, query)
  })

  test('a photo has a tag that changes with it', async () => {
    const first = await call(photo.links.self)
    etag = first.headers.get('etag') ?? ''
    assert.equal((await call(photo.links.self, { headers: { 'if-none-match': etag } })).status, 304)
    assert.equal((await edit({ title: 'Blue' })).status, 428)
    assert.equal((await edit({ title: 'Blue' }, '"other"')).status, 412)
    const edited = await edit({ title: ' Blue ', caption: 'Plain' }, etag)
    assert.equal(edited.status, 200)
    assert.equal(((await edited.json()) as PhotoJson).title, 'Blue')
    assert.equal((await edit({ title: 'Late' }, etag)).status, 412)
    const cleared = await edit({ caption: null }, edited.headers.get('etag') ?? '')
    const now = (await cleared.json()) as PhotoJson
    assert.deepEqual([now.title, now.caption], ['Blue', null])
  })

  test('Z3: an edit that is not as it should be, or names another photo, is refused', async () => {
    for (const body of [
      { id: randomUUID() },
      { id: photo.id, title: 'x' },
      { title: 'x', owner: randomUUID() },
      { title: 'x'.repeat(201) },
      { caption: 'x'.repeat(4_001) },
      { name: 'x' },
      { title: 1 },
      { title: 'a\0b' },
      [],
      'x',
    ])
      assert.equal((await edit(body, '*')).status, 400, JSON.stringify(body).slice(0, 40))
  })

  test('of two edits that saw the same photo, one wins', async () => {
    const seen = (await call(photo.links.self)).headers.get('etag') ?? ''
    const answers = await Promise.all(['one', 'two', 'three'].map((title) => edit({ title }, seen)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412])
  })

  test('a rendition can be kept for ever, and read in part', async () => {
    const [rendition] = photo.renditions
    assert(rendition)
    const whole = await call(rendition.url)
    const bytes = Buffer.from(await whole.arrayBuffer())
    assert.deepEqual(
      ['content-type', 'cache-control', 'x-content-type-options'].map((name) => whole.headers.get(name)),
      ['image/avif', 'private, max-age=31536000, immutable', 'nosniff'],
    )
    assert.equal(bytes.length, rendition.bytes)
    const tag = whole.headers.get('etag') ?? ''
    assert.equal((await call(rendition.url, { headers: { 'if-none-match': tag } })).status, 304)
    const part = async (range: string, ifRange = tag) => {
      const response = await call(rendition.url, { headers: { range, 'if-range': ifRange } })
      return [
        response.status,
        response.headers.get('content-range'),
        Buffer.from(await response.arrayBuffer()),
      ] as const
    }
    const size = bytes.length
    assert.deepEqual(await part('bytes=2-5'), [206, `bytes 2-5/${size}`, bytes.subarray(2, 6)])
    assert.deepEqual(await part('bytes=-3'), [206, `bytes ${size - 3}-${size - 1}/${size}`, bytes.subarray(-3)])
    assert.deepEqual(await part(`bytes=${size - 2}-`), [
      206,
      `bytes ${size - 2}-${size - 1}/${size}`,
      bytes.subarray(-2),
    ])
    assert.deepEqual(await part('bytes=0-3', '"older"'), [200, null, bytes])
    assert.deepEqual(await part('bytes=0-1,3-4'), [200, null, bytes])
    assert.deepEqual((await part(`bytes=${size}-`)).slice(0, 2), [416, `bytes */${size}`])
    assert.deepEqual((await part('bytes=-0')).slice(0, 2), [416, `bytes */${size}`])
    const head = await call(rendition.url, { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(size)])
  })

  test('paths that name no rendition lead nowhere', async () => {
    for (const file of ['..%2f..%2fsecret', '320-0000000000000000.avif', 'a', '320-zzzz.avif'])
      assert.match(String((await call(`/media/${photo.id}/${file}`)).status), /^40[04]$/)
  })

  test('U8: the original comes back as it was, under a name that can harm no header', async () => {
    const bytes = await picture('#224466')
    const own = await uploadReady('Grüße "1"; x=2.png', bytes)
    const response = await call(own.links.original)
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes)
    assert.equal(response.headers.get('content-type'), 'image/png')
    const disposition = response.headers.get('content-disposition') ?? ''
    assert.match(disposition, /^attachment; filename="[^"\\]+"; filename\*=UTF-8''Gr%C3%BC%C3%9Fe%20/)
  })

  test('U8: a name with line ends is refused, and one with quotes and marks ends no header', async () => {
    const bytes = await picture('#224488')
    const send = (name: string) => {
      const about = `form-data; name="photo"; filename*=UTF-8''${name.replaceAll(/[" :;=<>]/g, encodeURIComponent)}`
      const head = Buffer.from(`--b\r\nContent-Disposition: ${about}\r\n\r\n`)
      return call('/api/photos', {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=b' },
        body: Buffer.concat([head, bytes, Buffer.from('\r\n--b--\r\n')]),
      })
    }
    assert.equal((await send('a"%0d%0aX-Evil: yes%0d%0a%0d%0a<b>c.png')).status, 400)
    const { photos } = (await (await send('a"; filename=%e2%80%a8%c2%85<b>%e2%80%aec.png')).json()) as Uploaded
    assert.equal(photos[0]?.name, 'a"; filename=<b>c.png')
    const own = await ended(photos[0]?.id ?? '')
    const response = await call(own.links.original)
    await response.body?.cancel()
    const attached = response.headers.get('content-disposition') ?? ''
    assert.match(attached, /^attachment; filename="[^"\\]+"; filename\*=UTF-8''a%22%3B%20filename%3D%3Cb%3Ec\.png$/)
  })

  test('a deleted photo is gone with its original, and comes back with it', async () => {
    const own = await uploadReady('gone.png', await picture('#886622'))
    const [rendition] = own.renditions
    assert.equal((await call(own.links.self, { method: 'DELETE' })).status, 204)
    assert.equal((await call(own.links.self, { method: 'DELETE' })).status, 404)
    for (const path of [own.links.self, own.links.original]) assert.equal((await call(path)).status, 404, path)
    assert(!(await list('?limit=200')).photos.some(({ id }) => id === own.id))
    const restored = await call(`${own.links.self}/restore`, { method: 'POST' })
    assert.deepEqual(await restored.json(), own)
    assert.equal((await call(rendition?.url ?? '')).status, 200)
  })

  test('what there is not is a problem with a code', async () => {
    const id = randomUUID()
    assert.equal(await codeOf(await call(`/api/photos/${id}`)), 'MILLRACE_CONTRACT_OBJECT_UNKNOWN')
    assert.equal((await call(`/api/photos/${id}/restore`, { method: 'POST' })).status, 404)
    assert.equal((await call('/api/photos/no-id')).status, 400)
  })
})
