import { strict as assert } from 'node:assert'
import { afterEach, before, describe, test } from 'node:test'
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import { archiveKey } from '../contract/files.ts'
import { DAY_MS, DELETED_DAYS_KEPT, QUOTA_BYTES, quotaBytes } from '../contract/limits.ts'
import { purgePhotos, renderPhoto } from '../contract/photos.ts'
import { picture } from '../test/client.ts'
import { type ShownImport, type Uploaded, type Visitor, visitor } from '../test/visitor.ts'
import { zip } from '../test/zip.ts'

describe('the quota of an account', () => {
  let bytes: Uint8Array<ArrayBuffer>
  before(async () => {
    bytes = (await picture(1, 64, 48)).bytes
  })
  afterEach(() => {
    delete process.env['DARKROOM_QUOTA_BYTES']
  })

  /** So many of the picture are its room. */
  const roomFor = (pictures: number): void => {
    process.env['DARKROOM_QUOTA_BYTES'] = String(bytes.length * pictures)
  }
  const send = (who: Visitor, count: number, key?: string) => {
    const body = new FormData()
    for (let n = 0; n < count; n += 1) body.append('photo', new Blob([bytes]), `${n}.jpg`)
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    return who.fetch('/api/photos', { method: 'POST', body, headers })
  }
  const used = async (who: Visitor) =>
    (await who.json<{ storage: { usedBytes: number } }>('/api/account')).storage.usedBytes / bytes.length
  const files = async (t: TestApp) => (await Array.fromAsync(t.blobs.list('originals'))).length

  test('is 5 GB unless it is set otherwise, and what is no number is refused', () => {
    assert.equal(quotaBytes(), QUOTA_BYTES)
    process.env['DARKROOM_QUOTA_BYTES'] = '1000'
    assert.equal(quotaBytes(), 1_000)
    process.env['DARKROOM_QUOTA_BYTES'] = '5 GB'
    assert.throws(() => quotaBytes(), /DARKROOM_QUOTA_BYTES/)
  })

  test('is shown with what is used of it, to each their own', async () => {
    await using t = await testApp(app)
    const [ada, grace] = [await visitor(await t.url(), 'ada'), await visitor(await t.url(), 'grace')]
    assert.equal((await send(ada, 2)).status, 202)
    assert.deepEqual(await ada.json('/api/account'), {
      ...{ account: ada.account, name: 'Ada Lovelace', email: 'ada@example.org' },
      storage: { usedBytes: 2 * bytes.length, deletedBytes: 0, quotaBytes: QUOTA_BYTES },
    })
    assert.equal(await used(grace), 0)
  })

  test('may be filled to its last byte; what is past it leaves nothing behind, and is accepted when there is room', async () => {
    await using t = await testApp(app)
    const ada = await visitor(await t.url(), 'ada')
    roomFor(2)
    const refused = await send(ada, 3, 'k')
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [413, 'DARKROOM_QUOTA_FULL'])
    assert.deepEqual([await used(ada), await files(t), (await t.enqueued(renderPhoto)).length], [0, 0, 0])
    assert.equal((await send(ada, 2, 'k2')).status, 202)
    assert.equal((await send(ada, 1)).status, 413)
    assert.equal((await send(ada, 2, 'k2')).status, 202, 'a repeat is no further upload')
    roomFor(5)
    assert.equal((await send(ada, 3, 'k')).status, 202)
    assert.deepEqual([await used(ada), await files(t)], [5, 5])
  })

  test('is kept by uploads that come at once', async () => {
    await using t = await testApp(app)
    const [ada, grace] = [await visitor(await t.url(), 'ada'), await visitor(await t.url(), 'grace')]
    roomFor(3)
    const answers = await Promise.all([...Array.from({ length: 6 }, () => send(ada, 1)), send(grace, 3)])
    const statuses = answers.map(({ status }) => status)
    assert.deepEqual(statuses.slice(0, 6).toSorted(), [202, 202, 202, 413, 413, 413])
    assert.equal(statuses[6], 202, 'and another has their own')
    assert.deepEqual([await used(ada), await files(t)], [3, 6])
  })

  test('counts what was deleted until it is purged', async () => {
    await using t = await testApp(app)
    let ada = await visitor(await t.url(), 'ada')
    roomFor(1)
    const [photo] = ((await (await send(ada, 1)).json()) as { photos: Uploaded[] }).photos
    await ada.fetch(`/api/photos/${photo?.id}`, { method: 'DELETE' })
    assert.deepEqual([await used(ada), (await send(ada, 1)).status], [1, 413])
    await t.advance((DELETED_DAYS_KEPT + 1) * DAY_MS)
    assert.equal((await t.runJob(purgePhotos, {})).result.photos, 1)
    ada = await visitor(await t.url(), 'ada')
    assert.deepEqual([await used(ada), (await send(ada, 1)).status], [0, 202])
  })

  test('ends an import where it is full, which tells what it left out', async () => {
    await using t = await testApp(app)
    const ada = await visitor(await t.url(), 'ada')
    roomFor(9) // there is room when the archive comes, and no more when it is unpacked
    await send(ada, 1)
    const pictures = Array.from({ length: 4 }, (_, n) => ({ name: `trip/${n}.jpg`, bytes }))
    const { id } = (await (await ada.import(zip(pictures))).json()) as Uploaded
    roomFor(3)
    await t.untilIdle({ timeoutMs: 30_000 })
    const shown = await ada.json<ShownImport>(`/api/imports/${id}`)
    assert.deepEqual([shown.status, shown.photos.ready], ['imported', 2])
    assert.deepEqual(
      shown.leftOut.map(({ file, code }) => `${file} ${code}`),
      ['trip/2.jpg DARKROOM_QUOTA_FULL', 'trip/3.jpg DARKROOM_QUOTA_FULL'],
    )
    assert.deepEqual([await used(ada), await files(t)], [3, 3])
  })

  test('leaves an import its archive, which goes on with the rest once there is room', async () => {
    await using t = await testApp(app)
    const ada = await visitor(await t.url(), 'ada')
    const pictures = Array.from({ length: 3 }, (_, n) => ({ name: `${n}.jpg`, bytes }))
    const { id } = (await (await ada.import(zip(pictures))).json()) as Uploaded
    const goOn = async () => (await ada.fetch(`/api/imports/${id}/retry`, { method: 'POST' })).status
    const stands = async () => {
      await t.untilIdle({ timeoutMs: 30_000 })
      const { status, canRetry, photos, leftOutCount } = await ada.json<ShownImport>(`/api/imports/${id}`)
      return [status, canRetry, photos.ready, leftOutCount]
    }
    roomFor(1)
    assert.deepEqual(await stands(), ['imported', true, 1, 2])
    roomFor(2)
    assert.equal(await goOn(), 202)
    assert.deepEqual(await stands(), ['imported', true, 2, 1])
    roomFor(3)
    assert.equal(await goOn(), 202)
    assert.deepEqual(await stands(), ['imported', false, 3, 0])
    assert.deepEqual([await goOn(), await t.blobs.find(archiveKey(id))], [409, undefined])
  })

  test('counts archives while they are kept: what was cancelled could go on, until it is put away', async () => {
    await using t = await testApp(app)
    const [ada, grace] = [await visitor(await t.url(), 'ada'), await visitor(await t.url(), 'grace')]
    const archive = zip([{ name: 'a.jpg', bytes }])
    process.env['DARKROOM_QUOTA_BYTES'] = String(2 * archive.length)
    const [first, second] = [await ada.import(archive), await ada.import(archive)]
    const [cancelled, other] = [(await first.json()) as Uploaded, (await second.json()) as Uploaded]
    const refused = await ada.import(archive)
    assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [413, 'DARKROOM_QUOTA_FULL'])
    assert.equal((await grace.import(archive)).status, 202, 'and another has their own')
    await ada.fetch(cancelled.operation, { method: 'DELETE' })
    assert.equal((await ada.import(archive)).status, 413)
    await ada.fetch(`/api/imports/${cancelled.id}/put-away`, { method: 'POST' })
    assert.equal(await t.blobs.find(archiveKey(cancelled.id)), undefined)
    assert.equal((await ada.fetch(`/api/imports/${cancelled.id}/retry`, { method: 'POST' })).status, 409)
    assert.equal((await ada.import(archive)).status, 202)
    await ada.fetch(`/api/imports/${other.id}`, { method: 'DELETE' })
    assert.equal((await ada.import(archive)).status, 202, 'one that was taken back holds none')
  })
})
