import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import { DAY_MS } from '../contract/limits.ts'
import { picture } from '../test/client.ts'
import { type Visitor, visitor } from '../test/visitor.ts'

interface Shared {
  readonly title: string
  readonly owner: string
  readonly photos: readonly { readonly id: string; readonly renditions: readonly { readonly url: string }[] }[]
  readonly next: string | null
}
interface Link {
  readonly id: string
  readonly url: string
  readonly expiresAt: string
}

describe('a link', () => {
  let t: TestApp
  let ada: Visitor
  let stranger: Visitor
  let album = ''
  let ids: readonly string[]
  before(async () => {
    t = await testApp(app)
    ;[ada, stranger] = [await visitor(await t.url(), 'ada'), await visitor(await t.url())]
    const [one, two, three] = [await picture(1, 64, 48), await picture(2, 64, 48), await picture(3, 64, 48)]
    const uploaded = await ada.upload({ 'a.jpg': one.bytes, 'b.jpg': two.bytes, 'c.jpg': three.bytes })
    await t.untilIdle()
    ids = uploaded.map(({ id }) => id)
    album = (await post<{ id: string }>('/api/albums', { title: 'Dunes' })).id
    await ada.fetch(`/api/albums/${album}/photos`, { ...json({ photoIds: ids.slice(0, 2) }), method: 'PUT' })
  })
  after(() => t[Symbol.asyncDispose]())

  const json = (body: unknown): RequestInit => ({
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  })
  const post = async <T>(path: string, body: unknown) => (await (await ada.fetch(path, json(body))).json()) as T
  const made = (body: unknown = {}) => post<Link>(`/api/albums/${album}/links`, body)
  const open = (url: string, query = '') => stranger.fetch(`/api${url}${query}`)
  const opened = async (url: string, query = '') => (await (await open(url, query)).json()) as Shared
  const revoke = (id: string) => ada.fetch(`/api/albums/${album}/links/${id}`, { method: 'DELETE' })
  const told = async (answer: Response) => {
    const { instance: _instance, ...problem } = (await answer.json()) as Record<string, unknown>
    const headers = ['cache-control', 'referrer-policy', 'content-type'].map((name) => answer.headers.get(name))
    return [answer.status, ...headers, problem]
  }

  test('shows the album to whoever has it, page by page, without what is nobody else’s business', async () => {
    const { url } = await made()
    assert.match(url, /^\/shared\/[\w-]{43}$/)
    const answer = await open(url)
    assert.deepEqual(
      ['cache-control', 'referrer-policy'].map((name) => answer.headers.get(name)),
      ['private, no-store', 'no-referrer'],
    )
    const { title, owner, photos, next } = (await answer.json()) as Shared
    assert.deepEqual([title, owner, next], ['Dunes', 'Ada Lovelace', null])
    assert.deepEqual(new Set(photos.map(({ id }) => id)), new Set(ids.slice(0, 2)))
    assert.deepEqual(Object.keys(photos[0] ?? {}).toSorted(), [
      ...['camera', 'caption', 'colours', 'exposure', 'height', 'id', 'lens', 'name', 'placeholder', 'renditions'],
      ...['status', 'takenAt', 'title', 'width'],
    ])
    const first = await opened(url, '?limit=1')
    const second = await opened(url, `?limit=1&after=${first.next}`)
    assert.deepEqual(
      [...first.photos, ...second.photos].map(({ id }) => id),
      photos.map(({ id }) => id),
    )
    assert.equal(second.next, null)
    // moments that JavaScript has and PostgreSQL does not, from somebody who is nobody
    for (const moment of [
      '-004800-01-01T00:00:00.000Z',
      '+275760-09-13T00:00:00.000Z',
      '-271821-04-20T00:00:00.000Z',
    ]) {
      const after = Buffer.from(`${moment} ${ids[0]}`).toString('base64url')
      assert.equal((await open(url, `?after=${after}`)).status, 400, moment)
    }
  })

  test('shows the pictures of the album, and no other, nor the original', async () => {
    const { url } = await made()
    const [photo] = (await opened(url)).photos
    const path = photo?.renditions[0]?.url ?? ''
    const answer = await stranger.fetch(path)
    assert.deepEqual([answer.status, answer.headers.get('cache-control')], [200, 'private, no-cache'])
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
    const other = await ada.json<{ renditions: { url: string }[] }>(`/api/photos/${ids[2]}`)
    const [, , id = '', file = ''] = other.renditions[0]?.url.split('/') ?? []
    const base = `/media${url}`
    for (const wrong of [`${base}/${id}/${file}`, `${base}/x/${file}`, `${base}/${photo?.id}/x`, `${base}/x/x`])
      assert.equal((await stranger.fetch(wrong)).status, 404, wrong)
    assert.equal((await stranger.fetch(`/api/photos/${photo?.id}`)).status, 401)
  })

  test('is good until it expires, or is revoked, and then as one that never was', async () => {
    const [short, long] = [await made({ days: 1 }), await made({ days: 2 })]
    const [photo] = (await opened(short.url)).photos
    const mediaOf = (url: string) => photo?.renditions[0]?.url.replace(/shared\/[^/]+/, url.slice(1)) ?? ''
    assert.equal(Date.parse(long.expiresAt) - t.clock.now(), 2 * DAY_MS)
    await t.advance(DAY_MS - 1)
    ada = await visitor(await t.url(), 'ada') // a session does not last a day that nobody comes
    assert.equal((await open(short.url)).status, 200)
    await t.advance(1)
    const never = await told(await open(`/shared/${randomBytes(32).toString('base64url')}`))
    assert.deepEqual(never.slice(0, 3), [404, 'private, no-store', 'no-referrer'])
    assert.deepEqual(await told(await open(short.url)), never)
    assert.equal((await open(long.url)).status, 200)
    assert.equal((await stranger.fetch(mediaOf(long.url))).status, 200)
    assert.equal((await revoke(long.id)).status, 204)
    assert.equal((await revoke(long.id)).status, 404)
    assert.deepEqual(await told(await open(long.url)), never)
    for (const malformed of ['/shared/x', `${long.url}A`, '/shared/%01', '/shared/..%2f..%2fx'])
      assert.deepEqual(await told(await open(malformed)), never, malformed)
    for (const url of [short.url, long.url, '/shared/x'])
      assert.deepEqual(await told(await stranger.fetch(mediaOf(url))), never, url)
  })

  test('is not good while its owner’s account is disabled', async () => {
    const { url } = await made()
    const [photo] = (await opened(url)).photos
    const media = photo?.renditions[0]?.url ?? ''
    const never = await told(await open(`/shared/${randomBytes(32).toString('base64url')}`))
    await t.db.query('update millrace.account set disabled_at = now() where id = $1', [ada.account])
    assert.deepEqual(await told(await open(url)), never)
    assert.deepEqual(await told(await stranger.fetch(media)), never)
    await t.db.query('update millrace.account set disabled_at = null where id = $1', [ada.account])
    assert.equal((await open(url)).status, 200)
    assert.equal((await stranger.fetch(media)).status, 200)
  })

  test('goes with its album; a photo that is taken out of it is not shown any more', async () => {
    const { id } = await post<{ id: string }>('/api/albums', { title: 'Short' })
    await ada.fetch(`/api/albums/${id}/photos`, { ...json({ photoIds: ids }), method: 'PUT' })
    const { url } = await post<Link>(`/api/albums/${id}/links`, {})
    const photo = (await opened(url)).photos.find((one) => one.id === ids[2])
    await ada.fetch(`/api/albums/${id}/photos/${ids[2]}`, { method: 'DELETE' })
    assert.equal((await opened(url)).photos.length, 2)
    assert.equal((await stranger.fetch(photo?.renditions[0]?.url ?? '')).status, 404)
    await ada.fetch(`/api/photos/${ids[1]}`, { method: 'DELETE' })
    assert.equal((await opened(url)).photos.length, 1)
    await ada.fetch(`/api/photos/${ids[1]}/restore`, { method: 'POST' })
    await ada.fetch(`/api/albums/${id}`, { method: 'DELETE' })
    assert.equal((await open(url)).status, 404)
  })

  test('is listed for the owner while it is good, without its token, of which only the hash is kept', async () => {
    const { id, url, expiresAt } = await made({ days: 365 })
    const { links } = await ada.json<{ links: Link[] }>(`/api/albums/${album}`)
    const shown = links.find((one) => one.id === id)
    assert.deepEqual([shown?.expiresAt, Object.keys(shown ?? {})], [expiresAt, ['id', 'createdAt', 'expiresAt']])
    const { rows } = await t.db.query<{ row: string }>('select album_link::text as row from album_link')
    assert(rows.length > 0 && !rows.some(({ row }) => row.includes(url.slice('/shared/'.length))))
    await revoke(id)
    assert(!(await ada.json<{ links: Link[] }>(`/api/albums/${album}`)).links.some((one) => one.id === id))
    for (const days of [0, 366, 1.5, '7'])
      assert.equal((await ada.fetch(`/api/albums/${album}/links`, json({ days }))).status, 400, String(days))
  })
})
