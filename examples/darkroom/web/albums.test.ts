import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { ALBUMS_MAX } from '../contract/limits.ts'
import {
  call,
  codeOf,
  idsIn,
  list,
  openAlbums,
  put,
  type ShownAlbum,
  show,
  statusOf,
  uploaded,
} from '../test/albums.ts'
import type { Visitor } from '../test/visitor.ts'
import type { PhotoJson } from './photo-json.ts'

const { t, ada, grace, alan, photo, graces, share } = await openAlbums()
after(() => t[Symbol.asyncDispose]())

describe('albums', () => {
  /** Of Ada, with her photo, and with Grace when she is given a role. */
  async function album(role?: 'editor' | 'viewer', title = 'Dunes'): Promise<string> {
    const made = await call(ada, 'POST', '/api/albums', { title })
    assert.equal(made.status, 201)
    const { id } = (await made.json()) as ShownAlbum
    assert.equal(made.headers.get('location'), `/api/albums/${id}`)
    assert.equal(await put(ada, id, photo.id), 204)
    if (role !== undefined) assert.equal((await share(id, 'Grace@Example.org', role)).status, 201)
    return id
  }
  /** What is told of a thing that is not there, without what is different each time. */
  async function told(who: Visitor, method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await call(who, method, path, body)
    const text = (await answer.text()).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
    return [answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control'), text]
  }

  test('an album is made, shown with its newest picture, renamed and deleted; its photos stay', async () => {
    const id = await album(undefined, '  Dunes  ')
    const shown = await show(ada, id)
    const { role, title, count, members, links } = shown
    assert.deepEqual([role, title, count, members, links], ['owner', 'Dunes', 1, [], []])
    assert.deepEqual(shown.owner, { account: ada.account, name: 'Ada Lovelace' })
    const cover = await ada.fetch(shown.cover ?? '')
    assert.deepEqual([cover.status, cover.headers.get('content-type')], [200, 'image/webp'])
    const renamed = await call(ada, 'PATCH', `/api/albums/${id}`, { title: 'Sand' })
    assert.deepEqual([renamed.status, ((await renamed.json()) as ShownAlbum).title], [200, 'Sand'])
    assert((await list(ada)).some((one) => one.id === id && one.title === 'Sand'))
    assert.equal(await statusOf(call(ada, 'DELETE', `/api/albums/${id}`)), 204)
    assert.equal(await statusOf(ada.fetch(`/api/albums/${id}`)), 404)
    assert.equal(await statusOf(ada.fetch(`/api/photos/${photo.id}`)), 200)
  })

  test('one more than an account may have is refused, with what can be done', async () => {
    await t.db.query(
      `insert into album select gen_random_uuid(), $1::uuid, 'a', now() from generate_series(1, ${ALBUMS_MAX})`,
      [alan.account],
    )
    assert.equal(await codeOf(call(alan, 'POST', '/api/albums', { title: 'Dunes' })), 'DARKROOM_ALBUMS_FULL')
    await call(alan, 'DELETE', `/api/albums/${(await list(alan))[0]?.id}`)
    assert.equal(await statusOf(call(alan, 'POST', '/api/albums', { title: 'Dunes' })), 201)
  })

  test('a title that is none is refused, and so is what no album has', async () => {
    for (const body of [
      {},
      { title: '' },
      { title: ' ' },
      { title: 'x'.repeat(201) },
      { title: 'a\0' },
      { title: 'a', x: 1 },
    ])
      assert.equal(await statusOf(call(ada, 'POST', '/api/albums', body)), 400, JSON.stringify(body).slice(0, 30))
  })

  test('Z2: a member sees it and what it holds, and no more of either than that', async () => {
    const id = await album('viewer')
    const [seen] = await list(grace)
    assert.deepEqual([seen?.id, seen?.role, seen?.owner.name], [id, 'viewer', 'Ada Lovelace'])
    const whole = await show(grace, id)
    assert.deepEqual([whole.members, whole.links], [[], []], 'who else is there is the owner’s to know')
    const { members } = await show(ada, id)
    const { account } = grace
    assert.deepEqual(members, [{ account, name: 'Grace Hopper', email: 'grace@example.org', role: 'viewer' }])
    assert.deepEqual(await idsIn(grace, id), [photo.id])
    const shown = await grace.json<PhotoJson>(photo.links.self)
    assert.deepEqual([shown.name, shown.operation, shown.canRetry, shown.importId], [photo.name, null, false, null])
    for (const path of [photo.links.original, photo.renditions[0]?.url ?? ''])
      assert.equal(await statusOf(grace.fetch(path)), 200, path)
    const own = await grace.json<{ photos: PhotoJson[] }>('/api/photos')
    assert(!own.photos.some((one) => one.id === photo.id), 'it is not among her own')
    const edit = (who: Visitor) =>
      who.fetch(photo.links.self, {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json', 'if-match': '*' },
        body: JSON.stringify({ caption: 'At dusk' }),
      })
    assert.equal(await codeOf(edit(grace)), 'MILLRACE_CONTRACT_OBJECT_DENIED')
    assert.equal(await statusOf(call(grace, 'PATCH', `/api/albums/${id}`, { title: 'Mine' })), 403)
    assert.equal(await put(grace, id, graces.id), 403)
    await call(ada, 'PATCH', `/api/albums/${id}/members/${grace.account}`, { role: 'editor' })
    assert.equal((await edit(grace)).status, 200)
  })

  test('whose a photo is all are told, and where it was taken those who may edit it', async () => {
    for (const one of await list(ada)) await call(ada, 'DELETE', `/api/albums/${one.id}`)
    const id = await album('viewer')
    const position = { latitude: 46.4983, longitude: 11.7569, altitude: 2112 }
    await t.db.query('update photo set position = $2 where id = $1', [photo.id, position])
    const shown = async (who: Visitor) => {
      const [listed] = (await who.json<{ photos: PhotoJson[] }>(`/api/photos?album=${id}`)).photos
      const one = await who.json<PhotoJson>(photo.links.self)
      assert.deepEqual([listed?.owner, listed?.position], [one.owner, one.position], 'in a list as by itself')
      return one
    }
    assert.deepEqual((await shown(ada)).position, position)
    const seen = await shown(grace)
    assert.deepEqual([seen.owner, seen.position], [{ account: ada.account, name: 'Ada Lovelace' }, null])
    await call(ada, 'PATCH', `/api/albums/${id}/members/${grace.account}`, { role: 'editor' })
    assert.deepEqual((await shown(grace)).position, position)
  })

  test('an editor changes what it holds with photos of their own, and neither shares it nor deletes anything', async () => {
    const id = await album('editor')
    assert.equal(await put(grace, id, graces.id), 204)
    assert.equal(await put(grace, id, graces.id, graces.id), 204, 'twice is once')
    assert.deepEqual(new Set(await idsIn(ada, id)), new Set([photo.id, graces.id]))
    assert.equal(await statusOf(ada.fetch(graces.links.original)), 200)
    assert.equal(await statusOf(call(grace, 'DELETE', `/api/albums/${id}/photos/${photo.id}`)), 204)
    assert.equal(await statusOf(call(grace, 'DELETE', `/api/albums/${id}/photos/${photo.id}`)), 404)
    const path = `/api/albums/${id}`
    for (const [method, to, body] of [
      ['DELETE', path, undefined],
      ['POST', `${path}/members`, { email: 'alan@example.org', role: 'viewer' }],
      ['POST', `${path}/links`, {}],
      ['DELETE', graces.links.self.replace(graces.id, photo.id), undefined],
    ] as const)
      assert.match(String(await statusOf(call(grace, method, to, body))), /^40[34]$/, `${method} ${to}`)
    assert.equal(await statusOf(call(ada, 'DELETE', graces.links.self)), 403, 'nor does the owner of the album')
  })

  test('of many photos all are put in, or none', async () => {
    const id = await album()
    const other = await uploaded(t, ada, 3)
    for (const foreign of [graces.id, randomUUID()]) {
      assert.equal(await put(ada, id, other.id, foreign), 404)
      assert.deepEqual(await idsIn(ada, id), [photo.id])
    }
    assert.deepEqual(
      await told(ada, 'PUT', `/api/albums/${id}/photos`, { photoIds: [graces.id] }),
      await told(ada, 'PUT', `/api/albums/${id}/photos`, { photoIds: [randomUUID()] }),
    )
    const seen = await album('editor')
    assert.equal(await put(grace, seen, photo.id), 404, 'one that she sees is not hers')
    for (const photoIds of [[], Array(501).fill(photo.id), ['x'], undefined])
      assert.equal(await statusOf(call(ada, 'PUT', `/api/albums/${id}/photos`, { photoIds })), 400)
  })

  test('a deleted photo is in no album, and comes back into those that held it', async () => {
    const id = await album('viewer')
    await call(ada, 'DELETE', photo.links.self)
    assert.deepEqual([await idsIn(grace, id), (await show(grace, id)).count], [[], 0])
    assert.equal(await statusOf(grace.fetch(photo.links.self)), 404)
    assert.equal(await statusOf(call(grace, 'POST', `${photo.links.self}/restore`)), 404)
    assert.equal(await statusOf(call(ada, 'POST', `${photo.links.self}/restore`)), 200)
    assert.deepEqual(await idsIn(grace, id), [photo.id])
  })

  test('U9: what is another’s is as if it were not there, whatever is asked of it', async () => {
    const id = await album('viewer')
    const absent = randomUUID()
    const json = { title: 'x', role: 'viewer' }
    const album$ = (one: string) =>
      [
        ['GET', `/api/albums/${one}`],
        ['GET', `/api/photos?album=${one}`],
        ['PATCH', `/api/albums/${one}`, { title: json.title }],
        ['DELETE', `/api/albums/${one}`],
        ['PUT', `/api/albums/${one}/photos`, { photoIds: [graces.id] }],
        ['DELETE', `/api/albums/${one}/photos/${photo.id}`],
        ['POST', `/api/albums/${one}/members`, { email: 'alan@example.org', role: 'viewer' }],
        ['PATCH', `/api/albums/${one}/members/${grace.account}`, { role: 'viewer' }],
        ['DELETE', `/api/albums/${one}/members/${grace.account}`],
        ['DELETE', `/api/albums/${one}/members/${alan.account}`],
        ['POST', `/api/albums/${one}/links`, {}],
        ['DELETE', `/api/albums/${one}/links/${absent}`],
      ] as const
    const photo$ = (one: string) =>
      [
        ['GET', `/api/photos/${one}`],
        ['PATCH', `/api/photos/${one}`, { title: 'x' }],
        ['DELETE', `/api/photos/${one}`],
        ['POST', `/api/photos/${one}/restore`],
        ['POST', `/api/photos/${one}/retry`],
        ['GET', `/api/photos/${one}/original`],
        ['GET', photo.renditions[0]?.url.replace(photo.id, one) ?? ''],
      ] as const
    for (const [ours, none] of [
      [album$(id), album$(absent)],
      [photo$(photo.id), photo$(absent)],
    ] as const)
      for (const [n, [method, path, body]] of ours.entries()) {
        const [, absentPath = ''] = none[n] ?? []
        const found = await told(alan, method, path, body)
        assert.equal((found as unknown[])[0], 404, `${method} ${path}`)
        assert.deepEqual(found, await told(alan, method, absentPath, body), `${method} ${path}`)
      }
  })
})
