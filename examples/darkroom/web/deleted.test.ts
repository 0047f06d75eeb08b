import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import { archiveKey } from '../contract/files.ts'
import { importPhotos } from '../contract/imports.ts'
import { DAY_MS, DELETED_DAYS_KEPT, QUOTA_BYTES } from '../contract/limits.ts'
import { picture } from '../test/client.ts'
import { type Uploaded, type Visitor, visitor } from '../test/visitor.ts'
import { zip } from '../test/zip.ts'
import type { PhotoJson } from './photo-json.ts'

interface Page {
  readonly photos: readonly (PhotoJson & { readonly deletedAt: string; readonly goneAt: string })[]
  readonly next: string | null
}

describe('deleted photos', () => {
  const listed = (who: Visitor, query = '') => who.json<Page>(`/api/photos/deleted${query}`)
  const idsOf = ({ photos }: Page) => photos.map(({ id }) => id)
  const remove = async (who: Visitor, path: string) => (await who.fetch(path, { method: 'DELETE' })).status
  const storageOf = async (who: Visitor) =>
    (await who.json<{ storage: { usedBytes: number; deletedBytes: number } }>('/api/account')).storage

  async function uploaded(t: TestApp, who: Visitor, count: number): Promise<readonly string[]> {
    const files: Record<string, Uint8Array> = {}
    for (let n = 0; n < count; n += 1) files[`${n}.jpg`] = (await picture(n, 64, 48)).bytes
    const ids = (await who.upload(files)).map(({ id }) => id)
    await t.untilIdle()
    return ids
  }

  test('are listed for their owner, those deleted last first, until they are brought back', async () => {
    await using t = await testApp(app)
    const [ada, grace] = [await visitor(await t.url(), 'ada'), await visitor(await t.url(), 'grace')]
    const [a = '', b = '', c = ''] = await uploaded(t, ada, 3)
    for (const id of [b, c, a]) {
      await t.advance(1_000)
      assert.equal(await remove(ada, `/api/photos/${id}`), 204)
    }
    const first = await listed(ada, '?limit=2')
    const second = await listed(ada, `?limit=2&after=${first.next}`)
    assert.deepEqual([idsOf(first), idsOf(second), second.next], [[a, c], [b], null])
    const [last] = first.photos
    const deletedAt = new Date(t.clock.now())
    assert.deepEqual(
      [last?.deletedAt, last?.goneAt],
      [deletedAt.toISOString(), new Date(deletedAt.getTime() + DELETED_DAYS_KEPT * DAY_MS).toISOString()],
    )
    assert.deepEqual((await listed(grace)).photos, [])
    const [rendition] = last?.renditions ?? []
    assert.equal((await ada.fetch(rendition?.url ?? '')).status, 200, 'to be told apart they are seen')
    assert.equal((await grace.fetch(rendition?.url ?? '')).status, 404)
    assert.equal((await ada.fetch(`/api/photos/${a}/restore`, { method: 'POST' })).status, 200)
    assert.deepEqual(idsOf(await listed(ada)), [c, b])
  })

  test('are deleted for good at once, with their files, and their room is free again', async () => {
    await using t = await testApp(app)
    const [ada, grace] = [await visitor(await t.url(), 'ada'), await visitor(await t.url(), 'grace')]
    const [kept = '', gone = ''] = await uploaded(t, ada, 2)
    const { usedBytes: before } = await storageOf(ada)
    const { bytes } = await ada.json<PhotoJson>(`/api/photos/${gone}`)
    assert.equal(await remove(ada, `/api/photos/${gone}/deleted`), 404, 'it is not deleted yet')
    await remove(ada, `/api/photos/${gone}`)
    assert.deepEqual(await storageOf(ada), { usedBytes: before, deletedBytes: bytes, quotaBytes: QUOTA_BYTES })
    assert.equal(await remove(grace, `/api/photos/${gone}/deleted`), 404)
    assert.equal(await remove(ada, `/api/photos/${gone}/deleted`), 204)
    assert.equal(await remove(ada, `/api/photos/${gone}/deleted`), 404)
    assert.deepEqual(await storageOf(ada), { usedBytes: before - bytes, deletedBytes: 0, quotaBytes: QUOTA_BYTES })
    assert.equal((await ada.fetch(`/api/photos/${gone}/restore`, { method: 'POST' })).status, 404)
    for (const folder of ['originals', 'renditions']) {
      const owners = (await Array.fromAsync(t.blobs.list(folder))).map(({ key }) => key.split('/')[1])
      assert.deepEqual(new Set(owners), new Set([kept]), folder)
    }
  })

  test('are not rendered any more once they are deleted for good', async () => {
    await using t = await testApp(app)
    const ada = await visitor(await t.url(), 'ada')
    const [one] = await ada.upload({ 'a.jpg': (await picture(1, 64, 48)).bytes })
    await remove(ada, `/api/photos/${one?.id}`)
    assert.equal(await remove(ada, `/api/photos/${one?.id}/deleted`), 204)
    await t.untilIdle()
    assert.equal((await ada.json<{ status: string }>(one?.operation ?? '')).status, 'cancelled')
  })

  test('do not come again out of an import that somebody goes on with', async () => {
    await using t = await testApp(app)
    const ada = await visitor(await t.url(), 'ada')
    const files = [1, 2].map(async (n) => ({ name: `${n}.jpg`, bytes: (await picture(n, 64, 48)).bytes }))
    const archive = zip(await Promise.all(files))
    const { id } = (await (await ada.import(archive)).json()) as Uploaded
    const unpack = () => t.runJob(importPhotos, { importId: id, uploader: ada.account })
    await unpack()
    const [gone] = (await ada.json<Page>('/api/photos')).photos
    await remove(ada, `/api/photos/${gone?.id}`)
    await remove(ada, `/api/photos/${gone?.id}/deleted`)
    await t.blobs.put(archiveKey(id), archive) // as if it had not come to its end
    await unpack()
    const left = idsOf(await ada.json<Page>('/api/photos'))
    assert.deepEqual([left.length, left.includes(gone?.id ?? '')], [1, false])
  })
})
