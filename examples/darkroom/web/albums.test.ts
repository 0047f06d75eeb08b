import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import { picture } from '../test/client.ts'
import { type Visitor, visitor } from '../test/visitor.ts'
import type { PhotoJson } from './photo-json.ts'

interface Album {
  readonly id: string
  readonly title: string
  readonly role: string
  readonly owner: { readonly account: string; readonly name: string }
  readonly count: number
  readonly cover: string | null
  readonly members: readonly { readonly account: string; readonly name: string; readonly role: string }[]
  readonly links: readonly { readonly id: string }[]
}

describe('albums', () => {
  let t: TestApp
  let ada: Visitor
  let grace: Visitor
  let alan: Visitor
  /** Of Ada, ready. */
  let photo: PhotoJson
  /** Of Grace, ready. */
  let graces: PhotoJson
  before(async () => {
    t = await testApp(app)
    const url = await t.url()
    ;[ada, grace, alan] = [await visitor(url, 'ada'), await visitor(url, 'grace'), await visitor(url, 'alan')]
    photo = await uploaded(ada, 1)
    graces = await uploaded(grace, 2)
  })
  after(() => t[Symbol.asyncDispose]())

  async function uploaded(who: Visitor, seed: number): Promise<PhotoJson> {
    const { name, bytes } = await picture(seed, 64, 48)
    const [one] = await who.upload({ [name]: bytes })
    await t.untilIdle()
    return who.json<PhotoJson>(`/api/photos/${one?.id}`)
  }
  const call = (who: Visitor, method: string, path: string, body?: unknown) =>
    who.fetch(path, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  const statusOf = async (answer: Promise<Response>) => (await answer).status
  const codeOf = async (answer: Promise<Response>) => ((await (await answer).json()) as { code: string }).code
  const show = (who: Visitor, id: string) => who.json<Album>(`/api/albums/${id}`)
  const list = async (who: Visitor) => (await who.json<{ albums: Album[] }>('/api/albums')).albums
  const idsIn = async (who: Visitor, id: string) =>
    (await who.json<{ photos: PhotoJson[] }>(`/api/photos?album=${id}`)).photos.map((one) => one.id)
  const put = (who: Visitor, id: string, ...photoIds: string[]) =>
    statusOf(call(who, 'PUT', `/api/albums/${id}/photos`, { photoIds }))
  const share = (id: string, email: string, role: string) =>
    call(ada, 'POST', `/api/albums/${id}/members`, { email, role })

  /** Of Ada, with her photo, and with Grace when she is given a role. */
  async function album(role?: 'editor' | 'viewer', title = 'Dunes'): Promise<string> {
    const made = await call(ada, 'POST', '/api/albums', { title })
    assert.equal(made.status, 201)
    const { id } = (await made.json()) as Album
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
    assert.deepEqual([renamed.status, ((await renamed.json()) as Album).title], [200, 'Sand'])
    assert((await list(ada)).some((one) => one.id === id && one.title === 'Sand'))
    assert.equal(await statusOf(call(ada, 'DELETE', `/api/albums/${id}`)), 204)
    assert.equal(await statusOf(ada.fetch(`/api/albums/${id}`)), 404)
    assert.equal(await statusOf(ada.fetch(`/api/photos/${photo.id}`)), 200)
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
    assert.deepEqual(members, [{ account: grace.account, name: 'Grace Hopper', role: 'viewer' }])
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
    const other = await uploaded(ada, 3)
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

  test('whoever is removed, or leaves, or whose album is gone, sees nothing of it from the next request on', async () => {
    const ends: readonly ((id: string) => Promise<Response>)[] = [
      (id) => call(ada, 'DELETE', `/api/albums/${id}/members/${grace.account}`),
      (id) => call(grace, 'DELETE', `/api/albums/${id}/members/${grace.account}`),
      (id) => call(ada, 'DELETE', `/api/albums/${id}`),
    ]
    for (const one of await list(ada)) await call(ada, 'DELETE', `/api/albums/${one.id}`)
    for (const end of ends) {
      const id = await album('editor')
      const paths = [`/api/albums/${id}`, `/api/photos?album=${id}`, photo.links.self, photo.renditions[0]?.url ?? '']
      for (const path of paths) assert.equal(await statusOf(grace.fetch(path)), 200, path)
      assert.equal((await end(id)).status, 204)
      for (const path of paths) assert.equal(await statusOf(grace.fetch(path)), 404, path)
      assert.deepEqual(await list(grace), [])
    }
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

  test('members are people who have been here, other than the owner', async () => {
    const id = await album('viewer')
    assert.equal(await codeOf(share(id, 'nobody@example.org', 'viewer')), 'DARKROOM_PERSON_UNKNOWN')
    assert.equal(await codeOf(share(id, 'ada@example.org', 'viewer')), 'DARKROOM_MEMBER_IS_OWNER')
    assert.equal(await statusOf(share(id, 'grace@example.org', 'owner')), 400)
    await t.db.query(`insert into millrace.account select (jsonb_populate_record(a, jsonb_build_object(
      'id', gen_random_uuid(), 'subject', 'twin', 'email', 'Twin@example.org'))).* from millrace.account a where name = 'Alan Turing'`)
    await t.db.query(`update millrace.account set email = 'twin@example.org' where name = 'Alan Turing'`)
    assert.equal(await codeOf(share(id, 'twin@example.org', 'viewer')), 'DARKROOM_PERSON_AMBIGUOUS')
    const again = await share(id, 'grace@example.org', 'editor')
    assert.deepEqual(await again.json(), { account: grace.account, name: 'Grace Hopper', role: 'editor' })
    assert.deepEqual(
      (await show(ada, id)).members.map(({ role }) => role),
      ['editor'],
    )
    for (const method of ['PATCH', 'DELETE']) {
      const body = method === 'PATCH' ? { role: 'viewer' } : undefined
      const path = `/api/albums/${id}/members/${alan.account}`
      assert.equal(await codeOf(call(ada, method, path, body)), 'DARKROOM_MEMBER_UNKNOWN', method)
    }
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
