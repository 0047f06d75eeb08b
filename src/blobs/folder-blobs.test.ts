import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { type Blobs, blobKey, HEAD_BYTES } from './blobs.ts'
import { asBlobError } from './file-errors.ts'
import { folderBlobs } from './folder-blobs.ts'

interface Place extends AsyncDisposable {
  readonly folder: string
  readonly blobs: Blobs
  staged(): Promise<readonly string[]>
}

async function place(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-blobs-'))
  return {
    folder,
    blobs: folderBlobs({ folder }),
    staged: () => readdir(join(folder, '.staging')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

const noisy = (bytes: number): Buffer => {
  const content = Buffer.alloc(bytes)
  for (let n = 0; n < bytes; n += 1) content[n] = (n * 31 + (n >> 8)) & 255
  return content
}
const read = async (stream: Readable): Promise<Buffer> => Buffer.concat(await stream.toArray())
const withCode = (code: string) => (error: unknown) => isMillraceError(error, code)

describe('blobs in a folder', () => {
  test('what was staged and kept is read back, with its size, hash and head', async () => {
    await using p = await place()
    const content = noisy(300_000)
    const key = blobKey('originals', 'a1')
    const staged = await p.blobs.stage(Readable.from([content.subarray(0, 5), content.subarray(5)]), {
      bytesMax: 300_000,
    })
    assert.equal(staged.bytes, content.length)
    assert.equal(staged.sha256, createHash('sha256').update(content).digest('hex'))
    assert.deepEqual(Buffer.from(staged.head), content.subarray(0, HEAD_BYTES))
    assert.equal(await p.blobs.find(key), undefined)
    await staged.keep(key)
    assert.deepEqual(await read(await p.blobs.get(key)), content)
    assert.deepEqual(await read(await p.blobs.get(key, { start: 10, end: 19 })), content.subarray(10, 20))
    assert.equal((await p.blobs.find(key))?.bytes, content.length)
    assert.deepEqual(await readFile(await p.blobs.localPath(key)), content)
    assert.deepEqual(await p.staged(), [])
  })

  test('the byte that passes the limit is refused, the one at it is not, and nothing is left', async () => {
    await using p = await place()
    const atLimit = await p.blobs.stage(Readable.from([noisy(1_000)]), { bytesMax: 1_000 })
    await atLimit.discard()
    await assert.rejects(
      p.blobs.stage(Readable.from([noisy(1_000), noisy(1)]), { bytesMax: 1_000 }),
      withCode('MILLRACE_BLOBS_TOO_LARGE'),
    )
    assert.deepEqual(await p.staged(), [])
  })

  test('a source that is aborted leaves no file', async () => {
    await using p = await place()
    const source = new PassThrough()
    const staging = p.blobs.stage(source, { bytesMax: 1_000_000 })
    source.write(noisy(100_000))
    source.once('drain', () => source.destroy(new Error('the client is gone')))
    await assert.rejects(staging, /the client is gone/)
    const silent = new PassThrough()
    const second = p.blobs.stage(silent, { bytesMax: 1_000_000 })
    silent.destroy()
    await assert.rejects(second)
    assert.deepEqual(await p.staged(), [])
  })

  test('discard forgets, is safe twice, and does not undo keep', async () => {
    await using p = await place()
    const staged = await p.blobs.stage(Readable.from([noisy(10)]), { bytesMax: 10 })
    await staged.keep(blobKey('a', 'b'))
    await staged.discard()
    await staged.discard()
    assert.equal((await p.blobs.find(blobKey('a', 'b')))?.bytes, 10)
    const other = await p.blobs.stage(Readable.from([noisy(10)]), { bytesMax: 10 })
    await other.discard()
    await assert.rejects(other.keep(blobKey('a', 'c')))
    assert.equal(await p.blobs.find(blobKey('a', 'c')), undefined)
  })

  test('a blob of the same name is replaced', async () => {
    await using p = await place()
    const key = blobKey('x', '1')
    await p.blobs.put(key, Buffer.from('old'))
    await p.blobs.put(key, Readable.from(['new']))
    assert.equal((await read(await p.blobs.get(key))).toString(), 'new')
  })

  test('what is absent, or a folder, is no blob', async () => {
    await using p = await place()
    await p.blobs.put(blobKey('x', 'y'), Buffer.from('1'))
    for (const key of [blobKey('x'), blobKey('z'), blobKey('x', 'y', 'z')]) {
      await assert.rejects(p.blobs.get(key), withCode('MILLRACE_BLOBS_ABSENT'))
      await assert.rejects(p.blobs.localPath(key), withCode('MILLRACE_BLOBS_ABSENT'))
      assert.equal(await p.blobs.find(key), undefined)
    }
    await p.blobs.delete(blobKey('z'))
  })

  test('names that lead elsewhere are no keys', () => {
    for (const text of ['../a', 'a/../b', '/a', 'a//b', '.staging/a', 'a\0', 'A', 'a/', '', 'a\\b', 'a'.repeat(201)])
      assert.throws(() => blobKey(text), withCode('MILLRACE_BLOBS_KEY_INVALID'), JSON.stringify(text))
  })

  test('list finds everything below a prefix and nothing beside it', async () => {
    await using p = await place()
    for (const key of ['r/1/a.jpg', 'r/1/b.jpg', 'r/2/a.jpg', 'rr/1', 'o/1'])
      await p.blobs.put(blobKey(key), Buffer.from(key))
    await writeFile(join(p.folder, 'r', 'NOT A KEY'), '')
    const keys = async (prefix: string) => (await Array.fromAsync(p.blobs.list(prefix))).map((b) => b.key).sort()
    assert.deepEqual(await keys('r'), ['r/1/a.jpg', 'r/1/b.jpg', 'r/2/a.jpg'])
    assert.deepEqual(await keys('r/1'), ['r/1/a.jpg', 'r/1/b.jpg'])
    assert.deepEqual(await keys('nothing'), [])
  })

  test('deleting the last blob of a folder removes it, also while others are put there', async () => {
    await using p = await place()
    const churn = async (n: number): Promise<void> => {
      for (let round = 0; round < 20; round += 1) {
        const key = blobKey('d', 'deep', String(n))
        await p.blobs.put(key, Buffer.from('1'))
        await p.blobs.delete(key)
      }
    }
    await Promise.all([1, 2, 3, 4].map(churn))
    assert.deepEqual(await readdir(p.folder), ['.staging'])
  })

  test('a file system that cannot take more is a coded, retryable error', async () => {
    for (const code of ['ENOSPC', 'EROFS', 'EDQUOT']) {
      const error = asBlobError(Object.assign(new Error(code), { code }))
      assert.ok(isMillraceError(error, 'MILLRACE_BLOBS_FULL') && error.retryable)
    }
    if (process.platform !== 'linux') return
    // nobody, not even root, makes folders there
    const blobs = folderBlobs({ folder: '/sys/millrace' })
    await assert.rejects(blobs.put(blobKey('a'), Buffer.from('1')), withCode('MILLRACE_BLOBS_FULL'))
  })

  test('what dead processes left is swept after an hour; what living ones write is not', async () => {
    await using p = await place()
    const mine = await p.blobs.stage(Readable.from([noisy(10)]), { bytesMax: 10 })
    const [own = ''] = await p.staged()
    const [machine] = own.split('-')
    const dead = `${machine}-999999999-000000000000-x`
    for (const name of [dead, `${dead}-young`]) await writeFile(join(p.folder, '.staging', name), 'left')
    const old = new Date(systemClock.now() - 2 * 3_600_000)
    for (const name of [own, dead]) await utimes(join(p.folder, '.staging', name), old, old)
    await folderBlobs({ folder: p.folder }).put(blobKey('a'), Buffer.from('1'))
    assert.deepEqual((await p.staged()).toSorted(), [own, `${dead}-young`].toSorted())
    await mine.keep(blobKey('mine'))
  })

  test('a process that is killed while it writes leaves nothing under a name', async () => {
    await using p = await place()
    await mkdir(join(p.folder, '.staging'), { recursive: true })
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER], {
      env: { ...process.env, FOLDER: p.folder, MODULE: import.meta.dirname },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data') // it has kept some, and is surely in the middle of one
    child.kill('SIGKILL')
    await once(child, 'exit')
    const found = await Array.fromAsync(p.blobs.list('w'))
    assert.ok(found.length >= 20)
    for (const { key, info } of found) {
      assert.equal(info.bytes, 400_000, `${key} is a half file`)
      const content = await read(await p.blobs.get(key))
      assert.ok(content.equals(Buffer.alloc(400_000, content[0])), `${key} is not what was written`)
    }
    assert.ok((await p.staged()).length > 0, 'it was killed in the middle of a write')
  })
})

/** Keeps blobs of one repeated byte, four at a time, in small chunks, then one that never ends, until it is killed. */
const WRITER = `
const { folderBlobs } = await import(process.env.MODULE + '/folder-blobs.ts')
const { blobKey } = await import(process.env.MODULE + '/blobs.ts')
const { Readable } = await import('node:stream')
const blobs = folderBlobs({ folder: process.env.FOLDER })
let n = 0
let kept = 0
async function* endless() {
  yield Buffer.alloc(4_000)
  process.stdout.write('now')
  await new Promise(() => {})
}
async function writer() {
  for (;;) {
    const id = n++
    const chunks = Array.from({ length: 100 }, () => Buffer.alloc(4_000, id & 255))
    await blobs.put(blobKey('w', String(id)), Readable.from(chunks))
    if (++kept === 20) void blobs.put(blobKey('w', 'endless'), Readable.from(endless()))
  }
}
await Promise.all([writer(), writer(), writer(), writer()])
`
