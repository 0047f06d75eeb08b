/** Blobs: large things outside the database, under keys that we make, never names that users give. */
import type { Readable } from 'node:stream'
import { blobErrors } from './errors.ts'

declare const brand: unique symbol
/** A checked key: 1 to 8 parts of a–z, 0–9, `-`, `_` and inner dots, joined by `/`; 200 characters at most. */
export type BlobKey = string & { readonly [brand]: 'BlobKey' }

/**
 * The only way to make a BlobKey.
 *
 * @throws MILLRACE_BLOBS_KEY_INVALID
 * @example blobKey('originals', photoId)
 */
export function blobKey(...parts: readonly string[]): BlobKey {
  const text = parts.join('/')
  if (
    text.length <= 200 &&
    /^[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*(\/[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*){0,7}$/.test(text)
  )
    return text as BlobKey
  throw blobErrors.MILLRACE_BLOBS_KEY_INVALID({ text })
}

export interface BlobInfo {
  readonly bytes: number
  readonly modifiedAt: Date
}

/** Something received but not yet kept: durable under no name until `keep`. */
export interface StagedBlob {
  readonly bytes: number
  /** SHA-256 of the content, in hex. */
  readonly sha256: string
  /** The first bytes, up to HEAD_BYTES: enough to tell what kind of file it is. */
  readonly head: Uint8Array
  /** Gives it its name, durably: when this resolves, a power cut does not lose it. A blob of that name is replaced. */
  keep(key: BlobKey): Promise<void>
  /** Forgets it. Safe twice, and after `keep` (which it does not undo). */
  discard(): Promise<void>
}

export const HEAD_BYTES = 4_100

export interface Blobs {
  /**
   * Receives a stream, never buffering it whole. Fails, leaving nothing, when the stream fails or passes `bytesMax`.
   *
   * @throws MILLRACE_BLOBS_TOO_LARGE
   */
  stage(source: Readable, options: { readonly bytesMax: number }): Promise<StagedBlob>
  /** `stage` and `keep` in one, for content that needs no look first. */
  put(key: BlobKey, content: Readable | Uint8Array): Promise<BlobInfo>
  /** The content, or a part of it (bytes `start` to `end`, both included). @throws MILLRACE_BLOBS_ABSENT */
  get(key: BlobKey, range?: { readonly start: number; readonly end: number }): Promise<Readable>
  /** What is known of it, or undefined. */
  find(key: BlobKey): Promise<BlobInfo | undefined>
  /** Removes it. Absent already is fine. */
  delete(key: BlobKey): Promise<void>
  /** Every key that begins with `prefix` and a `/`, in no order. */
  list(prefix: string): AsyncIterable<{ readonly key: BlobKey; readonly info: BlobInfo }>
  /** A path on this machine under which the content can be read, for libraries that want a file. */
  localPath(key: BlobKey): Promise<string>
}
