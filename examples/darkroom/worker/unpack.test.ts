import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Blobs, folderBlobs } from 'millrace/blobs'
import { originalKey } from '../contract/files.ts'
import { IMPORT_PICTURES_MAX, IMPORT_UNPACKED_BYTES_MAX, UPLOAD_FILE_BYTES_MAX } from '../contract/limits.ts'
import { type ZippedFile, zip } from '../test/zip.ts'
import { openArchive } from './archive.ts'
import { quarters } from './fixture/pictures.ts'
import { ImportRoom } from './import-room.ts'
import { photoIdOf, unpack } from './unpack.ts'

describe('a file that is unpacked', () => {
  let folder = ''
  let blobs: Blobs
  let picture: Uint8Array
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-unpacked-'))
    blobs = folderBlobs({ folder: join(folder, 'blobs') })
    picture = await quarters().jpeg().toBuffer()
  })
  after(() => rm(folder, { recursive: true }))

  /** A picture of so many bytes: what is behind its end is nobody's business. */
  const pictureOf = (bytes: number): Uint8Array => Buffer.concat([picture], bytes)

  async function unpacked(file: ZippedFile, signal = new AbortController().signal) {
    const path = join(folder, 'archive.zip')
    await writeFile(path, zip([file]))
    await using archive = await openArchive(path)
    const [found] = archive.files
    assert(found)
    const id = randomUUID()
    const result = await unpack(archive, found, id, { blobs, signal }).catch((error: unknown) => error)
    return { id, result, bytesUnpacked: archive.bytesUnpacked }
  }
  const originals = async () => (await Array.fromAsync(blobs.list('originals'))).length

  test('becomes the original of its photo, under the last part of its path', async () => {
    const { id, result } = await unpacked({ name: 'a/b.png', bytes: picture })
    const about = { path: 'a/b.png', name: 'b.png', bytes: picture.length, mediaType: 'image/jpeg' }
    assert.deepEqual(result, { id, ...about })
    assert.equal((await blobs.find(originalKey(id)))?.bytes, picture.length)
  })

  test('may be as large as an upload, and not a byte larger', async () => {
    const { id } = await unpacked({ name: 'a.jpg', bytes: pictureOf(UPLOAD_FILE_BYTES_MAX) })
    assert.equal((await blobs.find(originalKey(id)))?.bytes, UPLOAD_FILE_BYTES_MAX)
    const before = await originals()
    const { result } = await unpacked({ name: 'a.jpg', bytes: pictureOf(UPLOAD_FILE_BYTES_MAX + 1) })
    assert.equal((result as { code: string }).code, 'DARKROOM_FILE_TOO_LARGE')
    assert.equal(await originals(), before, 'nothing of it is left')
  })

  test('that is no picture is looked at no further than its beginning', async () => {
    const film = Buffer.alloc(80_000_000, 'film')
    const { result, bytesUnpacked } = await unpacked({ name: 'film.mov', bytes: film })
    assert.equal((result as { code: string }).code, 'DARKROOM_FILE_NOT_A_PICTURE')
    assert(bytesUnpacked < 2_000_000, `${bytesUnpacked} bytes were unpacked`)
  })

  test('is given up in its middle when the import is cancelled, and leaves nothing', async () => {
    const before = await originals()
    const { result } = await unpacked({ name: 'a.jpg', bytes: pictureOf(1_000_000) }, AbortSignal.abort())
    assert.equal((result as Error).name, 'AbortError')
    assert.equal(await originals(), before)
  })

  test('has an id of its own, the same whoever asks', () => {
    const [a, b] = [randomUUID(), randomUUID()]
    const id = (importId: string, index: number) => photoIdOf(importId, { index, path: 'a', bytes: 1 })
    assert.equal(id(a, 1), id(a, 1))
    assert.equal(new Set([id(a, 1), id(a, 2), id(a, 11), id(b, 1)]).size, 4)
    assert.match(id(a, 1), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe('the room of an import', () => {
  const file = (bytes: number) => ({ index: 0, path: 'a.jpg', bytes })
  const full = { code: 'DARKROOM_IMPORT_FULL' }

  test('is for so many pictures and no more', () => {
    const room = new ImportRoom(Number.MAX_SAFE_INTEGER)
    for (let n = 0; n < IMPORT_PICTURES_MAX; n += 1) {
      room.require(file(1), true)
      room.take(file(1), true)
    }
    assert.equal(room.pictures, IMPORT_PICTURES_MAX)
    assert.throws(() => room.require(file(1), true), full)
  })

  test('is for so many bytes and no more, those unpacked in vain included', () => {
    const room = new ImportRoom(Number.MAX_SAFE_INTEGER)
    room.take(file(1_000), true)
    room.spend(2_000)
    const left = IMPORT_UNPACKED_BYTES_MAX - 3_000
    room.require(file(left), true)
    assert.throws(() => room.require(file(left + 1), true), full)
  })
  test('is for what its user may store and no more; what an earlier attempt has made needs no further room', () => {
    const room = new ImportRoom(1_000)
    room.require(file(1_000), true)
    room.take(file(400), true)
    room.require(file(600), true)
    assert.throws(() => room.require(file(601), true), { code: 'DARKROOM_QUOTA_FULL' })
    room.take(file(5_000), false)
    room.require(file(5_000), false)
    room.require(file(600), true)
  })
})
