import { strict as assert } from 'node:assert'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { IMPORT_FILES_MAX } from '../contract/limits.ts'
import { type ZippedFile, zip } from '../test/zip.ts'
import { type Archive, openArchive, Unusable } from './archive.ts'
import { nameOf } from './archive-names.ts'

const text = (content: string): Uint8Array => Buffer.from(content)

describe('an archive', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-archives-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function opened(bytes: Uint8Array): Promise<Archive> {
    const path = join(folder, 'archive.zip')
    await writeFile(path, bytes)
    return openArchive(path)
  }

  /** What comes out of each file: its text, or the code that says why none does. */
  async function told(files: readonly ZippedFile[]): Promise<readonly string[]> {
    await using archive = await opened(zip(files))
    assert.equal(archive.problem, undefined)
    const content = async (n: number): Promise<string> => {
      const file = archive.files[n] ?? assert.fail(`there is no file ${n}`)
      return String(await buffer(await archive.read(file)))
    }
    const results = await Promise.allSettled(archive.files.map((_, n) => content(n)))
    return results.map((result) => {
      if (result.status === 'fulfilled') return result.value
      assert(result.reason instanceof Unusable, String(result.reason))
      return result.reason.code
    })
  }

  test('gives its files as they were packed, stored or deflated', async () => {
    const files = [
      { name: 'a.txt', bytes: text('stored'), method: 0 },
      { name: 'folder/', bytes: text('') },
      { name: 'folder/b.txt', bytes: text('deflated '.repeat(90_000)) },
      { name: 'empty', bytes: text('') },
    ]
    assert.deepEqual(await told(files), ['stored', 'deflated '.repeat(90_000), ''])
  })

  test('keeps the places of its files, and leaves out what systems put there for themselves', async () => {
    const names = ['__MACOSX/._a.jpg', 'a.jpg', '.DS_Store', 'b/.hidden/c.jpg', 'b/Thumbs.db', 'b/', 'b/d.jpg']
    await using archive = await opened(zip(names.map((name) => ({ name, bytes: text('x') }))))
    assert.deepEqual(
      archive.files.map(({ index, path }) => [index, path]),
      [
        [1, 'a.jpg'],
        [6, 'b/d.jpg'],
      ],
    )
  })

  test('that is empty has no files and no problem', async () => {
    await using archive = await opened(zip([]))
    assert.deepEqual([archive.files, archive.problem], [[], undefined])
  })

  test('has names in UTF-8, whether it says so or not, or in the code page of old PCs', async () => {
    await using archive = await opened(
      zip([
        { name: 'Grüße.jpg', bytes: text('x') },
        { name: Buffer.from('Grüße.jpg'), bytes: text('x') },
        { name: Buffer.from('Gr\x81\xe1e.jpg', 'latin1'), bytes: text('x') },
        { name: 'sommer\\strand\\1.jpg', bytes: text('x') },
      ]),
    )
    assert.deepEqual(
      archive.files.map(({ path }) => path),
      ['Grüße.jpg', 'Grüße.jpg', 'Grüße.jpg', 'sommer/strand/1.jpg'],
    )
  })

  test('U4: with one bad file gives all the others', async () => {
    const good = { name: 'good', bytes: text('good') }
    const bad: Readonly<Record<string, ZippedFile>> = {
      DARKROOM_FILE_ENCRYPTED: { name: 'a', bytes: text('secret'), said: { isEncrypted: true } },
      DARKROOM_FILE_UNSUPPORTED: { name: 'a', bytes: text('lzma'), method: 14 },
      DARKROOM_FILE_PATH_UNSAFE: { name: '../../etc/passwd', bytes: text('root') },
    }
    for (const [code, file] of Object.entries(bad))
      assert.deepEqual(await told([good, file, { ...good, bytes: text('last') }]), ['good', code, 'last'])
    for (const name of ['/etc/passwd', 'C:/boot.ini', 'a/../../b', '..\\b', 'a\0b'])
      assert.deepEqual(await told([{ name, bytes: text('x') }, good]), ['DARKROOM_FILE_PATH_UNSAFE', 'good'], name)
  })

  test('does not give a file that is not what it says: its sum, its size, or its place are wrong', async () => {
    const bytes = text('picture '.repeat(1_000))
    const good = { name: 'good', bytes: text('good') }
    const lies = [{ crc32: 1 }, { bytes: bytes.length - 1 }, { bytes: bytes.length + 1 }, { bytes: 0 }, { offset: 5 }]
    for (const said of lies) {
      for (const method of [0, 8])
        assert.deepEqual(await told([good, { name: 'a', bytes, method, said }, good]), [
          'good',
          'DARKROOM_FILE_DAMAGED',
          'good',
        ])
    }
    assert.deepEqual(await told([{ name: 'a', bytes, said: { offset: 4_000_000_000 } }]), ['DARKROOM_FILE_DAMAGED'])
  })

  test('U4: with a link in it gives the few bytes that say where it leads, and nothing of what is there', async () => {
    const link = { name: 'a.jpg', bytes: text('../../../etc/passwd'), said: { isLink: true } }
    const through = { name: 'a.jpg/b.jpg', bytes: text('through it') }
    assert.deepEqual(await told([link, through]), ['../../../etc/passwd', 'through it'])
  })

  test('U4: that unpacks to far more than it says is stopped at what it says', async () => {
    const bomb = { name: 'bomb', bytes: Buffer.alloc(200_000_000), said: { bytes: 1_000 } }
    await using archive = await opened(zip([bomb]))
    const [file] = archive.files
    assert(file)
    await assert.rejects(archive.read(file).then(buffer), { code: 'DARKROOM_FILE_DAMAGED' })
    assert(archive.bytesUnpacked < 1_000_000, `${archive.bytesUnpacked} bytes were unpacked`)
  })

  test('whose end is missing, or that is none at all, has a problem and no files', async () => {
    const whole = zip([{ name: 'a', bytes: text('a'.repeat(500)), method: 0 }])
    for (const bytes of [whole.subarray(0, 300), text('hello'), text(''), text('PK\x03\x04')]) {
      await using archive = await opened(bytes)
      assert.deepEqual([archive.problem?.code, archive.files], ['DARKROOM_ARCHIVE_BROKEN', []])
    }
  })

  test('whose list breaks off gives the files before that, and a problem', async () => {
    const files = [
      { name: 'first', bytes: text('1') },
      { name: 'second', bytes: text('2') },
    ]
    await using archive = await opened(zip(files, { count: 3 }))
    assert.equal(archive.problem?.code, 'DARKROOM_ARCHIVE_BROKEN')
    assert.deepEqual(
      archive.files.map(({ path }) => path),
      ['first', 'second'],
    )
  })

  test('U4: with more files than are taken is not read; with as many it is', async () => {
    const many = Array.from({ length: IMPORT_FILES_MAX }, (_, n) => ({ name: `${n}`, bytes: text('') }))
    {
      await using full = await opened(zip(many))
      assert.deepEqual([full.problem, full.files.length], [undefined, IMPORT_FILES_MAX])
    }
    await using archive = await opened(zip([...many, { name: 'one more', bytes: text('') }]))
    assert.deepEqual([archive.problem?.code, archive.files.length], ['DARKROOM_ARCHIVE_TOO_MANY_FILES', 0])
  })

  test('that is not there is no problem of the archive', async () => {
    await assert.rejects(openArchive(join(folder, 'nothing.zip')), { code: 'ENOENT' })
  })
})

describe('the name of a photo from an archive', () => {
  test('is the last part of its path, fit to be shown, and never empty or too long', () => {
    assert.equal(nameOf('2024/summer/IMG_1.jpg'), 'IMG_1.jpg')
    assert.equal(nameOf('a\nb\u202egpj.exe'), 'abgpj.exe')
    assert.equal(nameOf('\u0001'), 'file')
    assert.equal(nameOf(`${'x'.repeat(300)}.jpg`).length, 255)
    assert.match(nameOf(`${'x'.repeat(300)}.jpg`), /x\.jpg$/)
  })
})
