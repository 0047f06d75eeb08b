import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type TestApp, testApp } from 'millrace/testing'
import sharp from 'sharp'
import app from '../app.ts'
import { archiveKey, originalKey } from '../contract/files.ts'
import { importPhotos } from '../contract/imports.ts'
import { LEFT_OUT_TOLD_MAX, QUOTA_BYTES } from '../contract/limits.ts'
import { imports } from '../data/imports.ts'
import { photos } from '../data/photos.ts'
import { granted, grantedImport, OWNER } from '../test/people.ts'
import { type ZippedFile, zip } from '../test/zip.ts'

const text = (content: string): Uint8Array => Buffer.from(content)
/** More than two transactions of an import hold. */
const MANY = 47
const IDLE_MS_MAX = 60_000

describe('an import', () => {
  let pictures: readonly ZippedFile[]
  before(async () => {
    pictures = await Promise.all(Array.from({ length: MANY }, (_, n) => picture(n)))
  })

  async function picture(n: number): Promise<ZippedFile> {
    const background = { r: (n * 67) % 256, g: (n * 149) % 256, b: (n * 211) % 256 }
    const image = sharp({ create: { width: 24, height: 16, channels: 3, background } })
    return { name: `trip/IMG_${n}.jpg`, bytes: await image.jpeg().toBuffer() }
  }

  /** An uploaded archive and its job. */
  async function uploaded(t: TestApp, archive: Uint8Array, uploader = OWNER) {
    const importId = randomUUID()
    await t.blobs.put(archiveKey(importId), archive)
    const { id: operation } = await t.db.transaction(async () => {
      const job = await t.submit(importPhotos, { importId, uploader })
      const about = { id: importId, uploader, name: 'trip.zip', bytes: archive.length, operation: job.id }
      await imports(t.db).add({ ...about, uploadedAt: new Date(t.clock.now()) })
      return job
    })
    return { importId, uploader, operation }
  }

  /** Lets the worker unpack it and render its photos. */
  async function imported(t: TestApp, files: readonly ZippedFile[]) {
    const given = await uploaded(t, zip(files))
    await t.untilIdle({ timeoutMs: IDLE_MS_MAX })
    const { status, result } = await t.operation(given.operation)
    assert.equal(status, 'succeeded')
    return {
      ...given,
      result: result as { imported: number; leftOut: { file: string; code: string }[]; leftOutCount: number },
    }
  }

  const names = async (t: TestApp, shelf: 'made' | 'unmade' = 'made') =>
    (await photos(t.db).list({ owner: OWNER }, 200, undefined, shelf))
      .map(({ name, status }) => `${name} ${status}`)
      .sort()
  const pictureNames = () => pictures.map(({ name }) => `${String(name).slice('trip/'.length)} ready`).sort()

  test('makes a photo of every picture, has each rendered, and needs its archive no more', async () => {
    await using t = await testApp(app)
    const { importId, result } = await imported(t, pictures.slice(0, 5))
    assert.deepEqual(result, { importId, imported: 5, leftOut: [], leftOutCount: 0 })
    assert.deepEqual(
      await names(t),
      pictureNames().filter((name) => /IMG_[0-4]\./.test(name)),
    )
    const [photo] = await photos(t.db).list({ owner: OWNER }, 1, undefined)
    assert.deepEqual([photo?.media_type, photo?.import_id], ['image/jpeg', importId])
    assert.equal((await t.blobs.find(originalKey(photo?.id ?? '')))?.bytes, photo?.bytes)
    assert.equal(await t.blobs.find(archiveKey(importId)), undefined)
  })

  test('tells how many of how many it has done', async () => {
    await using t = await testApp(app)
    await uploaded(t, zip(pictures.slice(0, 3)))
    const ran = await t.untilIdle({ timeoutMs: IDLE_MS_MAX })
    assert.deepEqual(
      ran.find(({ task }) => task === 'photo.import')?.progress.map(({ note }) => note),
      ['0 of 3', '1 of 3', '2 of 3'],
    )
  })

  test('has its photos rendered with low priority, in the turns of its user', async () => {
    await using t = await testApp(app)
    const { uploader, ...given } = await uploaded(t, zip(pictures.slice(0, 2)))
    await t.runJob(importPhotos, { importId: given.importId, uploader })
    const { rows } = await t.db.query<{ place: string }>(
      `select (place).tenant || ' ' || (place).priority as place from millrace.entry where task = 'photo.render'`,
    )
    assert.deepEqual(
      rows.map(({ place }) => place),
      [`${uploader} low`, `${uploader} low`],
    )
  })

  test('leaves out what is no picture, broken, encrypted or a trick, says why, and harms nothing else', async () => {
    await using t = await testApp(app)
    const [first, second] = pictures
    assert(first && second)
    const { result } = await imported(t, [
      first,
      { name: 'notes.txt', bytes: text('not a picture') },
      { name: 'drawing.svg', bytes: text('<svg xmlns="http://www.w3.org/2000/svg"/>') },
      { name: 'inner.zip', bytes: zip([second]) },
      { name: 'locked.jpg', bytes: first.bytes, said: { isEncrypted: true } },
      { name: 'damaged.jpg', bytes: first.bytes, said: { crc32: 1 } },
      { name: '../../up.jpg', bytes: first.bytes },
      { name: 'nothing.jpg', bytes: text('') },
      { name: 'link.jpg', bytes: text('/etc/passwd'), method: 0 },
      second,
    ])
    assert.deepEqual(
      result.leftOut.map(({ file, code }) => `${file} ${code.replace('DARKROOM_FILE_', '')}`),
      [
        'notes.txt NOT_A_PICTURE',
        'drawing.svg NOT_A_PICTURE',
        'inner.zip NOT_A_PICTURE',
        'locked.jpg ENCRYPTED',
        'damaged.jpg DAMAGED',
        '../../up.jpg PATH_UNSAFE',
        'nothing.jpg EMPTY',
        'link.jpg NOT_A_PICTURE',
      ],
    )
    assert.equal(result.imported, 2)
    assert.deepEqual(await names(t), ['IMG_0.jpg ready', 'IMG_1.jpg ready'])
  })

  test('takes a picture that breaks off, which then fails as a photo does, and no other with it', async () => {
    await using t = await testApp(app)
    const [whole] = pictures
    assert(whole)
    const half = { name: 'half.jpg', bytes: whole.bytes.subarray(0, whole.bytes.length - 150) }
    assert.equal((await imported(t, [half, whole])).result.imported, 2)
    assert.deepEqual([await names(t), await names(t, 'unmade')], [['IMG_0.jpg ready'], ['half.jpg failed']])
  })

  test('of what is no archive at all takes nothing, and says so', async () => {
    await using t = await testApp(app)
    const { operation } = await uploaded(t, text('PK\x03\x04 and then nothing'))
    await t.untilIdle()
    const { status, result } = await t.operation(operation)
    const { leftOut } = result as { leftOut: { file: string; code: string }[] }
    assert.deepEqual([status, leftOut.map(({ code }) => code)], ['succeeded', ['DARKROOM_ARCHIVE_BROKEN']])
    assert.equal(leftOut[0]?.file, 'trip.zip')
  })

  test('counts all that it leaves out, and tells the first by name', async () => {
    await using t = await testApp(app)
    const others = Array.from({ length: LEFT_OUT_TOLD_MAX + 1 }, (_, n) => ({ name: `${n}.txt`, bytes: text('text') }))
    const { importId, result } = await imported(t, others)
    assert.deepEqual([result.leftOutCount, result.leftOut.length], [LEFT_OUT_TOLD_MAX + 1, LEFT_OUT_TOLD_MAX])
    const found = await imports(t.db).find(importId)
    assert.deepEqual([found?.left_out_count, found?.left_out?.length], [LEFT_OUT_TOLD_MAX + 1, LEFT_OUT_TOLD_MAX])
  })

  for (const point of ['commit', 'commit:answer-lost', 'handler:after'] as const) {
    test(`goes on when its worker is killed half way (${point}), and no picture comes twice`, async () => {
      await using t = await testApp(app)
      const killed = t.fail(point, { task: importPhotos, kill: true, times: 2 })
      const { importId, result } = await imported(t, pictures)
      assert.equal(killed.struck > 0, true)
      assert.equal(result.imported, MANY)
      assert.deepEqual(await names(t), pictureNames())
      assert.equal((await imports(t.db).photoIds(importId)).size, MANY)
      const { rows } = await t.db.query(`select from millrace.operation where task = 'photo.render'`)
      assert.equal(rows.length, MANY, 'no render without its photo')
    })
  }

  test('does not bring a photo back that its user deleted while it was interrupted', async () => {
    await using t = await testApp(app)
    const { importId, uploader } = await uploaded(t, zip(pictures.slice(0, 3)))
    await t.runJob(importPhotos, { importId, uploader })
    const [photo] = await photos(t.db).list({ owner: OWNER }, 1, undefined)
    await photos(t.db).remove(await granted(t.db, 'remove', photo?.id ?? ''), new Date())
    await t.blobs.put(archiveKey(importId), zip(pictures.slice(0, 3)))
    await t.runJob(importPhotos, { importId, uploader })
    assert.equal((await photos(t.db).list({ owner: OWNER }, 10, undefined)).length, 2)
  })

  test('leaves out what others have taken the room of while it ran, and keeps nothing of it', async () => {
    await using t = await testApp(app)
    const { importId, uploader } = await uploaded(t, zip(pictures))
    // with its first pictures, so it seems, an upload of the same user fills the archive
    await t.db.query(`
      create function fill() returns trigger language plpgsql as $$
      begin update storage set used_bytes = ${QUOTA_BYTES}; return null; end $$;
      create trigger zz_fill after insert on photo for each statement execute function fill()`)
    const { result } = await t.runJob(importPhotos, { importId, uploader })
    assert(result.imported > 0 && result.imported < MANY)
    assert.deepEqual(
      [result.leftOutCount, result.leftOut.at(-1)?.code, result.leftOut.at(-1)?.file],
      [MANY - result.imported, 'DARKROOM_QUOTA_FULL', pictures.at(-1)?.name],
    )
    assert.equal((await photos(t.db).list({ owner: OWNER }, 200, undefined)).length, result.imported)
    assert.equal((await Array.fromAsync(t.blobs.list('originals'))).length, result.imported)
  })

  test('that is cancelled stops at the next picture', async () => {
    await using t = await testApp(app)
    const given = await uploaded(t, zip(pictures))
    const signal = AbortSignal.abort(new Error('cancelled'))
    await assert.rejects(t.runJob(importPhotos, given, { signal }), /cancelled/)
    assert.deepEqual(await names(t), [])
  })

  test('that was taken back while it ran makes no further photo', async () => {
    await using t = await testApp(app)
    const given = await uploaded(t, zip(pictures.slice(0, 3)))
    await imports(t.db).takeBack(await grantedImport(t.db, given.importId), new Date())
    // not an error of its own: its job is cancelled by whoever took it back, and does not begin again
    await assert.rejects(t.runJob(importPhotos, given), { name: 'RetryLater', spendsAttempt: false })
    assert.deepEqual(await names(t), [])
    const { rows } = await t.db.query(`select from millrace.operation where task = 'photo.render'`)
    assert.equal(rows.length, 0)
  })
})
