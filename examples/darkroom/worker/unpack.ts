/** One file of an archive on its way to being a photo: unpacked as a stream, told by its first bytes, kept as an original. */
import { createHash } from 'node:crypto'
import { addAbortSignal, Readable } from 'node:stream'
import { type Blobs, HEAD_BYTES } from 'millrace/blobs'
import { originalKey } from '../contract/files.ts'
import { kindOf } from '../contract/kinds.ts'
import { UPLOAD_FILE_BYTES_MAX } from '../contract/limits.ts'
import { type Archive, type ArchivedFile, Unusable } from './archive.ts'
import { nameOf } from './archive-names.ts'

export interface Unpacked {
  readonly id: string
  /** In the archive. */
  readonly path: string
  readonly name: string
  readonly bytes: number
  readonly mediaType: string
}

/**
 * Keeps a picture of an archive as the original of the photo `id`. Safe to do again: the same picture takes its own place.
 *
 * @throws Unusable when it is no picture, too large, or cannot be unpacked.
 */
export async function unpack(archive: Archive, file: ArchivedFile, id: string, parts: Parts): Promise<Unpacked> {
  const { blobs, signal } = parts
  if (file.bytes === 0) throw new Unusable('DARKROOM_FILE_EMPTY', 'It is empty.')
  const picture = addAbortSignal(signal, Readable.from(onlyPicture(await archive.read(file), file)))
  const staged = await blobs.stage(picture, { bytesMax: UPLOAD_FILE_BYTES_MAX })
  try {
    await staged.keep(originalKey(id))
    const mediaType = (await kindOf(staged.head)) ?? 'application/octet-stream'
    return { id, path: file.path, name: nameOf(file.path), bytes: staged.bytes, mediaType }
  } finally {
    await staged.discard()
  }
}

interface Parts {
  readonly blobs: Blobs
  readonly signal: AbortSignal
}

/** The id of the photo that a file becomes: the same in every attempt, so that none becomes two. */
export function photoIdOf(importId: string, { index }: ArchivedFile): string {
  const hash = createHash('sha256').update(`${importId}/${index}`).digest().subarray(0, 16)
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80 // a UUID of version 8 (RFC 9562), which is made as its maker likes
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** Passes on what begins as a picture does. Of anything else, such as a film of an hour, no more than the head is unpacked. */
async function* onlyPicture(content: Readable, file: ArchivedFile): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of content as AsyncIterable<Buffer>) {
    if (head === undefined) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < HEAD_BYTES) continue
    yield await requirePicture(head, file)
    head = undefined
  }
  if (head !== undefined) yield await requirePicture(head, file)
}

async function requirePicture(head: Buffer, { bytes }: ArchivedFile): Promise<Buffer> {
  if ((await kindOf(head.subarray(0, HEAD_BYTES))) === undefined)
    throw new Unusable('DARKROOM_FILE_NOT_A_PICTURE', 'It is no picture of a kind that Darkroom knows.')
  if (bytes <= UPLOAD_FILE_BYTES_MAX) return head
  const megabytes = (size: number) => Math.ceil(size / 2 ** 20).toLocaleString('en')
  const most = megabytes(UPLOAD_FILE_BYTES_MAX)
  throw new Unusable('DARKROOM_FILE_TOO_LARGE', `It has ${megabytes(bytes)} MB; the most are ${most} MB.`)
}
