import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { discard } from 'millrace/queue'
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import { originalKey } from '../contract/files.ts'
import { noteEnds, renderPhoto } from '../contract/photos.ts'
import { photos } from '../data/photos.ts'
import { picture } from '../test/client.ts'
import { type Failures, type Uploaded, type Visitor, visitor } from '../test/visitor.ts'

const HOUR_MS = 3_600_000

describe('photos that could not be made', () => {
  let whole: Uint8Array
  before(async () => {
    whole = (await picture(1, 60, 40)).bytes
  })

  async function opened(t: TestApp): Promise<Visitor> {
    return visitor(await t.url(), 'ada')
  }
  const failures = (a: Visitor, query = '') => a.json<Failures>(`/api/failures${query}`)
  const retry = (a: Visitor, id: string) => a.fetch(`/api/photos/${id}/retry`, { method: 'POST' })
  const statusOf = async (a: Visitor, id: string) => (await a.json<{ status: string }>(`/api/photos/${id}`)).status
  const operationOf = async (a: Visitor, id: string) =>
    (await a.json<{ operation: string }>(`/api/photos/${id}`)).operation
  const listed = async (a: Visitor) =>
    (await a.json<{ photos: { id: string }[] }>('/api/photos')).photos.map(({ id }) => id)

  async function upload(a: Visitor, name: string, bytes: Uint8Array = whole): Promise<Uploaded> {
    const [uploaded] = await a.upload({ [name]: bytes })
    return uploaded ?? assert.fail('nothing was uploaded')
  }

  /** All attempts of its render are spent: its original was away meanwhile, which is no fault of the photo. */
  async function failed(t: TestApp, a: Visitor, name: string): Promise<Uploaded> {
    const photo = await upload(a, name)
    await t.blobs.delete(originalKey(photo.id))
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await t.untilIdle()
      await t.advance(HOUR_MS)
    }
    await t.blobs.put(originalKey(photo.id), whole)
    return photo
  }

  test('one whose file is broken is listed with its reason, and offers no other try', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id } = await upload(a, 'half.jpg', whole.subarray(0, 400))
    const sound = await upload(a, 'whole.jpg')
    await t.untilIdle()
    const { photos: shown, count, retryable } = await failures(a)
    assert.deepEqual([shown.map((photo) => photo.name), count, retryable], [['half.jpg'], 1, 0])
    assert.deepEqual([shown[0]?.problem?.code, shown[0]?.canRetry], ['DARKROOM_PHOTO_UNREADABLE', false])
    assert.deepEqual(await listed(a), [sound.id], 'the archive is without it')
    const refused = await retry(a, id)
    assert.deepEqual(
      [refused.status, ((await refused.json()) as { code: string }).code],
      [409, 'DARKROOM_PHOTO_HOPELESS'],
    )
    assert.equal((await retry(a, sound.id)).status, 409)
    assert.equal((await retry(a, randomUUID())).status, 404)
  })

  test('one that was cancelled through its operation shows as cancelled, and can be tried again', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id, operation } = await upload(a, 'a.jpg')
    assert.equal((await a.fetch(operation, { method: 'DELETE' })).status, 200)
    assert.equal(await statusOf(a, id), 'cancelled')
    const { photos: shown, count, retryable } = await failures(a)
    assert.deepEqual(
      [shown.map((photo) => [photo.id, photo.canRetry, photo.problem]), count, retryable],
      [[[id, true, null]], 1, 0],
    )
    await t.untilIdle()
    assert.equal(await statusOf(a, id), 'cancelled')

    const again = await retry(a, id)
    const body = (await again.json()) as { status: string; operation: string }
    assert.deepEqual([again.status, body.status, again.headers.get('location')], [202, 'processing', body.operation])
    assert.notEqual(body.operation, operation)
    assert.equal((await retry(a, id)).headers.get('location'), body.operation, 'twice is once')
    await t.untilIdle()
    assert.deepEqual([await statusOf(a, id), (await failures(a)).count], ['ready', 0])
  })

  test('one whose attempts are spent goes back into the queue as the job that it was', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id, operation } = await failed(t, a, 'a.jpg')
    const { photos: shown, count, retryable } = await failures(a)
    assert.deepEqual([shown[0]?.status, shown[0]?.canRetry, count, retryable], ['failed', true, 1, 1])
    assert.equal((await retry(a, id)).headers.get('location'), operation)
    assert.deepEqual([await t.dead(), await statusOf(a, id)], [[], 'processing'])
    await t.untilIdle()
    assert.deepEqual([await statusOf(a, id), (await failures(a)).count], ['ready', 0])
  })

  test('when somebody has cleared its job away, there is a new one', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id, operation } = await failed(t, a, 'a.jpg')
    await discard(t.db, [operation.split('/').at(-1) ?? ''])
    await retry(a, id)
    assert.notEqual(await operationOf(a, id), operation)
    assert.equal((await t.enqueued(renderPhoto)).length, 1)
    await t.untilIdle()
    assert.equal(await statusOf(a, id), 'ready')
  })

  test('all are tried again that may work: not those that are broken, nor those that were cancelled', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const spent = [await failed(t, a, 'a.jpg'), await failed(t, a, 'b.jpg')]
    const broken = await upload(a, 'half.jpg', whole.subarray(0, 400))
    await t.untilIdle()
    const cancelled = await upload(a, 'c.jpg')
    await a.fetch(cancelled.operation, { method: 'DELETE' })
    assert.equal(await statusOf(a, cancelled.id), 'cancelled')
    assert.deepEqual([(await failures(a)).count, (await failures(a)).retryable], [4, 2])
    assert.deepEqual(await a.json('/api/failures/retry', { method: 'POST' }), { count: 2 })
    assert.deepEqual(await a.json('/api/failures/retry', { method: 'POST' }), { count: 0 })
    await t.untilIdle()
    for (const { id } of spent) assert.equal(await statusOf(a, id), 'ready')
    const left = (await failures(a)).photos.map(({ id, status }) => [id, status])
    assert.deepEqual(
      new Map(left as [string, string][]),
      new Map([
        [broken.id, 'failed'],
        [cancelled.id, 'cancelled'],
      ]),
    )
  })

  test('Z2: they are their owner’s: another neither sees, counts nor tries them', async () => {
    await using t = await testApp(app)
    const [a, other] = [await opened(t), await visitor(await t.url(), 'grace')]
    const { id } = await failed(t, a, 'a.jpg')
    const { photos: shown, count, retryable } = await failures(other)
    assert.deepEqual([shown, count, retryable], [[], 0, 0])
    assert.deepEqual(await other.json('/api/failures/retry', { method: 'POST' }), { count: 0 })
    const told = async (one: string) => {
      const { instance: _instance, ...problem } = (await (await retry(other, one)).json()) as Record<string, unknown>
      return problem
    }
    assert.deepEqual(await told(id), await told(randomUUID()))
    assert.equal((await failures(a)).retryable, 1)
  })

  test('they are listed page by page, and a deleted one is not among them', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const ids: string[] = []
    for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) ids.push((await upload(a, name, whole.subarray(0, 400))).id)
    await t.untilIdle()
    const first = await failures(a, '?limit=2')
    const second = await failures(a, `?limit=2&after=${first.next}`)
    const paged = [...first.photos, ...second.photos].map(({ id }) => id)
    assert.deepEqual([paged.length, new Set(paged), second.next], [3, new Set(ids), null])
    await a.fetch(`/api/photos/${ids[0]}`, { method: 'DELETE' })
    assert.equal((await failures(a)).count, 2)
  })

  test('an end that no handler could note is noted though nobody looks', async () => {
    await using t = await testApp(app)
    const a = await opened(t)
    const { id, operation } = await upload(a, 'a.jpg')
    const other = await upload(a, 'b.jpg')
    await a.fetch(operation, { method: 'DELETE' })
    await t.runJob(noteEnds, {})
    const statuses = (await photos(t.db).list({ owner: a.account }, 9, undefined, 'unmade')).map((photo) => [
      photo.id,
      photo.status,
    ])
    assert.deepEqual(statuses, [[id, 'cancelled']])
    assert.equal((await photos(t.db).find(other.id))?.status, 'processing')
  })
})
