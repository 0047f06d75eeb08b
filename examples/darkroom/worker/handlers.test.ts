import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { utimes } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import { originalKey, renditionKey } from '../contract/files.ts'
import { DAY_MS } from '../contract/limits.ts'
import { findDuplicates, purgePhotos, renderPhoto } from '../contract/photos.ts'
import { photos } from '../data/photos.ts'
import { granted, OWNER } from '../test/people.ts'
import { landscape } from './fixture/pictures.ts'
import workerHandlers from './handlers.ts'

describe('the handlers of Darkroom', () => {
  let t: TestApp
  before(async () => {
    t = await testApp(app, { now: Date.now() + 40 * DAY_MS }) // so the files that it writes are old
  })
  after(() => t[Symbol.asyncDispose]())

  async function upload(content: Uint8Array): Promise<string> {
    const id = randomUUID()
    await t.blobs.put(originalKey(id), content)
    const about = { name: 'a.jpg', operation: randomUUID(), bytes: content.length, mediaType: 'image/jpeg' }
    await photos(t.db).add([{ id, ...about, uploadedAt: new Date(), owner: OWNER }])
    return id
  }

  const stored = async (id: string): Promise<readonly string[]> => {
    const keys: string[] = []
    for await (const { key } of t.blobs.list(`renditions/${id}`)) keys.push(key.split('/').at(-1) ?? '')
    return keys.sort()
  }

  test('every task of the application has its handler', () => {
    assert.deepEqual([...workerHandlers.entries.keys()].sort(), [...app.contract.tasks.keys()].sort())
  })

  test('rendering a photo stores its renditions and shows them, with progress on the way', async () => {
    const id = await upload(await landscape(1500, 1000).jpeg().toBuffer())
    const { result, progress } = await t.runJob(renderPhoto, { photoId: id })
    assert.deepEqual(result, { photoId: id })
    assert(progress.length >= 6)
    const photo = await photos(t.db).find(id)
    assert.deepEqual([photo?.status, photo?.width, photo?.height], ['ready', 1500, 1000])
    assert.deepEqual(
      photo?.renditions.map(({ format, width }) => `${width} ${format}`),
      [320, 640, 1280].flatMap((width) => ['avif', 'jpeg', 'webp'].map((format) => `${width} ${format}`)),
    )
    assert.deepEqual(await stored(id), photo?.renditions.map(({ file }) => file).sort())
  })

  test('rendering it again leaves one set of renditions', async () => {
    const id = await upload(await landscape(700, 500).jpeg().toBuffer())
    await t.runJob(renderPhoto, { photoId: id })
    const files = await stored(id)
    await t.runJob(renderPhoto, { photoId: id })
    assert.deepEqual(await stored(id), files)
    assert.equal((await photos(t.db).find(id))?.renditions.length, files.length)
  })

  test('a broken photo is marked as failed with its code, for good, and harms no other', async () => {
    const whole = await landscape(700, 500).jpeg().toBuffer()
    const [broken, sound] = [await upload(whole.subarray(0, whole.length >> 1)), await upload(whole)]
    const results = await Promise.allSettled([broken, sound].map((photoId) => t.runJob(renderPhoto, { photoId })))
    assert.deepEqual(
      results.map((result) => result.status),
      ['rejected', 'fulfilled'],
    )
    const photo = await photos(t.db).find(broken)
    assert.deepEqual([photo?.status, photo?.problem_code], ['failed', 'DARKROOM_PHOTO_UNREADABLE'])
    assert.equal((await photos(t.db).find(sound))?.status, 'ready')
  })

  test('a photo that is gone fails for good', async () => {
    await assert.rejects(t.runJob(renderPhoto, { photoId: randomUUID() }), { code: 'DARKROOM_PHOTO_GONE' })
  })

  test('a lost original is no fault of the photo: it may be tried again', async () => {
    const id = await upload(await landscape(70, 50).jpeg().toBuffer())
    await t.blobs.delete(originalKey(id))
    await assert.rejects(t.runJob(renderPhoto, { photoId: id }), { code: 'MILLRACE_BLOBS_ABSENT' })
    assert.equal((await photos(t.db).find(id))?.status, 'processing')
  })

  test('a render that is cancelled stops between two steps and shows nothing', async () => {
    const id = await upload(await landscape(700, 500).jpeg().toBuffer())
    await assert.rejects(
      t.runJob(renderPhoto, { photoId: id }, { signal: AbortSignal.abort(new Error('cancelled')) }),
      /cancelled/,
    )
    assert.deepEqual([(await photos(t.db).find(id))?.status, await stored(id)], ['processing', []])
  })

  test('the nightly comparison counts what it compared', async () => {
    assert((await t.runJob(findDuplicates, {})).result.compared > 0)
  })

  test('the purge takes what was deleted 30 days ago, and files without a photo, and nothing else', async () => {
    const picture = await landscape(100, 80).jpeg().toBuffer()
    const [old, recent, kept, waiting] = [
      await upload(picture),
      await upload(picture),
      await upload(picture),
      await upload(picture),
    ]
    for (const id of [old, recent, kept]) await t.runJob(renderPhoto, { photoId: id })
    const nowMs = t.clock.now()
    await photos(t.db).remove(await granted(t.db, 'remove', old), new Date(nowMs - 31 * DAY_MS))
    await photos(t.db).remove(await granted(t.db, 'remove', recent), new Date(nowMs - 29 * DAY_MS))
    const [nobody, young] = [randomUUID(), randomUUID()]
    await t.blobs.put(originalKey(nobody), picture)
    await t.blobs.put(originalKey(young), picture)
    await utimes(await t.blobs.localPath(originalKey(young)), nowMs / 1000, nowMs / 1000)
    await t.blobs.put(renditionKey(kept, '320-0000000000000000.jpg'), picture)
    await t.blobs.put(renditionKey(waiting, '320-0000000000000000.jpg'), picture)

    const { result } = await t.runJob(purgePhotos, {})
    // one original and three renditions of the old photo, one original of nobody's, one stray rendition
    assert.deepEqual(result, { photos: 1, files: 6 })
    assert.deepEqual([await t.blobs.find(originalKey(old)), await stored(old)], [undefined, []])
    assert.equal(await t.blobs.find(originalKey(nobody)), undefined)
    for (const id of [recent, kept, waiting, young]) assert(await t.blobs.find(originalKey(id)), id)
    assert.deepEqual(
      [(await stored(recent)).length, (await stored(kept)).length, (await stored(waiting)).length],
      [3, 3, 1],
    )
    await photos(t.db).restore(await granted(t.db, 'restore', recent))
    assert.equal((await photos(t.db).find(recent))?.renditions.length, 3)
    assert.deepEqual((await t.runJob(purgePhotos, {})).result, { photos: 0, files: 0 })
  })
})
