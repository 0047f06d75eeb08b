import { strict as assert } from 'node:assert'
import { after, describe, test } from 'node:test'
import { until } from 'millrace/testing'
import { albumGuard } from '../contract/rules.ts'
import { albums } from '../data/albums.ts'
import { call, codeOf, idsIn, list, openAlbums, put, type ShownAlbum, show, statusOf } from '../test/albums.ts'
import { person } from '../test/people.ts'

const { t, ada, grace, alan, photo, graces, share } = await openAlbums()
after(() => t[Symbol.asyncDispose]())

describe('sharing an album', () => {
  /** Of Ada, with her photo, shared with Grace. */
  async function album(role: 'editor' | 'viewer'): Promise<string> {
    const made = await call(ada, 'POST', '/api/albums', { title: 'Dunes' })
    const { id } = (await made.json()) as ShownAlbum
    assert.equal(await put(ada, id, photo.id), 204)
    assert.equal((await share(id, 'Grace@Example.org', role)).status, 201)
    return id
  }

  test('that an album has public links all are told who see it, and its owner alone which', async () => {
    const id = await album('viewer')
    assert.deepEqual([(await show(grace, id)).hasLinks, (await show(ada, id)).hasLinks], [false, false])
    const link = (await (await call(ada, 'POST', `/api/albums/${id}/links`, {})).json()) as { id: string }
    const seen = await show(grace, id)
    assert.deepEqual([seen.hasLinks, seen.links, (await show(ada, id)).hasLinks], [true, [], true])
    await call(ada, 'DELETE', `/api/albums/${id}/links/${link.id}`)
    assert.equal((await show(grace, id)).hasLinks, false)
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

  test('what members have put in leaves the album with them, and nothing else does', async () => {
    for (const who of [ada, grace]) {
      const id = await album('editor')
      assert.equal(await put(grace, id, graces.id), 204)
      assert.equal(await statusOf(call(who, 'DELETE', `/api/albums/${id}/members/${grace.account}`)), 204)
      assert.deepEqual(await idsIn(ada, id), [photo.id])
      assert.equal(await statusOf(grace.fetch(graces.links.self)), 200)
    }
  })

  test('a request that waits for another is held to what that one has left them', async () => {
    for (const ask of [
      (id: string) => call(grace, 'PATCH', `/api/albums/${id}`, { title: 'Mine' }),
      (id: string) => call(grace, 'PUT', `/api/albums/${id}/photos`, { photoIds: [graces.id] }),
      (id: string) => call(grace, 'DELETE', `/api/albums/${id}/photos/${photo.id}`),
    ]) {
      const id = await album('editor')
      const answer = await t.db.transaction(async () => {
        const own = albumGuard.take('share', person(ada.account), await albums(t.db).findToEdit(id, ada.account))
        await albums(t.db).removeMember(own, grace.account)
        const asked = ask(id)
        await until('it waits', async () => (await waiting()) > 0)
        return { asked } // in an object: it is answered after the commit
      })
      assert.equal(await statusOf(answer.asked), 404)
    }
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
    assert.equal(((await again.json()) as { role: string }).role, 'editor')
    const lower = await share(id, 'grace@example.org', 'viewer')
    assert.equal(((await lower.json()) as { role: string }).role, 'editor', 'who is added again loses nothing')
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

  /** Requests that wait for a lock. */
  const waiting = async () => {
    const query = `select count(*)::integer as count from pg_locks join pg_stat_activity using (pid)
                    where not granted and datname = current_database()`
    return (await t.db.outsideTransaction(() => t.db.query<{ count: number }>(query))).rows[0]?.count ?? 0
  }
})
