/**
 * An uploaded archive: a ZIP, of which nothing is to be believed. Its list is read first, then one file after the other is
 * unpacked as a stream. A file that is not what the list says of it fails by itself, with an `Unusable` that says why; so
 * does an archive, of which whatever could be read is still there.
 */
import { pipeline, Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { Entry, openPromise, type ZipFile } from 'yauzl'
import { IMPORT_FILES_MAX } from '../contract/limits.ts'
import { isNoFile, isTrick, pathOf } from './archive-names.ts'

/** Why a file, or an archive, is of no use: in words for the one who uploaded it. */
export class Unusable extends Error {
  override readonly name = 'Unusable'
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface ArchivedFile {
  /** Its place in the archive's list, the same whenever that is read. */
  readonly index: number
  readonly path: string
  /** Unpacked. More never comes out of it. */
  readonly bytes: number
}

export interface Archive extends AsyncDisposable {
  /** Without folders and what systems leave for themselves. */
  readonly files: readonly ArchivedFile[]
  /** Why these are not all. */
  readonly problem: Unusable | undefined
  /** How much has been unpacked so far, of whatever. */
  readonly bytesUnpacked: number
  /** What is in a file. The stream fails with an Unusable when it is not what was packed. @throws Unusable */
  read(file: ArchivedFile): Promise<Readable>
}

/** @throws only what is no fault of the archive, such as a disk that cannot be read. */
export async function openArchive(path: string): Promise<Archive> {
  const listed = new Map<number, Listed>()
  const meter: Meter = { bytes: 0 }
  let zip: ZipFile | undefined
  let problem: Unusable | undefined
  try {
    // sizes are checked below, file by file: here, one that is wrong would be the end of the list
    zip = await openPromise(path, { autoClose: false, decodeStrings: false, validateEntrySizes: false })
    zip.on('error', () => {}) // told by whoever is reading; closing has nobody to tell
    await list(zip, listed)
  } catch (thrown) {
    problem = brokenArchive(thrown)
  }
  return {
    files: [...listed.values()],
    problem,
    get bytesUnpacked() {
      return meter.bytes
    },
    read: async ({ index }) => {
      const found = listed.get(index)
      if (zip === undefined || found === undefined) throw new Error(`the archive has no file ${index}`)
      return contentOf(zip, found, meter)
    },
    async [Symbol.asyncDispose]() {
      zip?.close()
    },
  }
}

interface Listed extends ArchivedFile {
  readonly entry: Entry
}

interface Meter {
  bytes: number
}

async function list(zip: ZipFile, listed: Map<number, Listed>): Promise<void> {
  if (zip.entryCount > IMPORT_FILES_MAX) throw tooManyFiles()
  let index = 0
  for await (const entry of zip.eachEntry()) {
    const path = pathOf(entry)
    if (!isNoFile(path)) listed.set(index, { index, path, bytes: entry.uncompressedSize, entry: slim(entry) })
    index += 1
  }
}

/** What is needed to read the file: names and comments may take 192 KiB of memory each. */
function slim(entry: Entry): Entry {
  const { compressedSize, compressionMethod, crc32, generalPurposeBitFlag, relativeOffsetOfLocalHeader } = entry
  const needed = { compressedSize, compressionMethod, crc32, generalPurposeBitFlag, relativeOffsetOfLocalHeader }
  return Object.assign(new Entry(), needed)
}

const STORED = 0
const DEFLATED = 8
const CHUNK_BYTES = 256 * 1024

async function contentOf(zip: ZipFile, file: Listed, meter: Meter): Promise<Readable> {
  const { entry, path } = file
  if (isTrick(path)) throw new Unusable('DARKROOM_FILE_PATH_UNSAFE', 'Its path leads out of the archive.')
  if (entry.isEncrypted()) throw new Unusable('DARKROOM_FILE_ENCRYPTED', 'It is protected by a password.')
  const method = entry.compressionMethod
  if (method !== STORED && method !== DEFLATED)
    throw new Unusable('DARKROOM_FILE_UNSUPPORTED', `It is packed by a method that Darkroom does not know (${method}).`)
  const packed = await zip.openReadStreamPromise(entry, { decodeFileData: false }).catch(damaged)
  if (method === STORED) return Readable.from(checked(packed, file, meter))
  const unpacked = pipeline(packed, createInflateRaw({ chunkSize: CHUNK_BYTES }), () => {}) // told by the stream itself
  return Readable.from(checked(unpacked, file, meter))
}

/** Not a byte more than was announced: what unpacks to a million times its size is stopped right there. */
async function* checked(content: Readable, { entry, bytes }: Listed, meter: Meter): AsyncGenerator<Buffer> {
  let count = 0
  let sum = 0
  try {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      count += chunk.length
      meter.bytes += chunk.length
      if (count > bytes) throw new Error('it is longer than the list says')
      sum = crc32(chunk, sum)
      yield chunk
    }
  } catch (thrown) {
    damaged(thrown)
  }
  if (count !== bytes || sum !== entry.crc32) damaged(new Error('it is not what the list says'))
}

function damaged(thrown: unknown): never {
  if (isOfMachine(thrown)) throw thrown
  throw new Unusable('DARKROOM_FILE_DAMAGED', 'It is damaged: what is in the archive is not what was packed.', {
    cause: thrown,
  })
}

function brokenArchive(thrown: unknown): Unusable {
  if (thrown instanceof Unusable) return thrown
  if (isOfMachine(thrown)) throw thrown
  const why = 'The archive is damaged or incomplete: it cannot be read, or not to its end.'
  return new Unusable('DARKROOM_ARCHIVE_BROKEN', why, { cause: thrown })
}

function tooManyFiles(): Unusable {
  const most = IMPORT_FILES_MAX.toLocaleString('en')
  return new Unusable('DARKROOM_ARCHIVE_TOO_MANY_FILES', `The archive has more than ${most} files.`)
}

/** Errors of the operating system name the call that failed; those of zlib and of the archive do not. */
function isOfMachine(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'syscall' in thrown
}
