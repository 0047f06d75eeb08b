/** Large inputs as blobs: `payloads/<environment>/<database>/<name>`. */
import { pipeline } from 'node:stream/promises'
import { type BlobKey, type Blobs, blobKey } from '../blobs/blobs.ts'
import type { Queryable } from '../data/transaction.ts'
import { isMillraceError } from '../kernel/errors.ts'
import { isUuid } from '../kernel/ids.ts'
import { payloadPlace } from '../queue/payload/place.ts'
import { jobOf, type PayloadStore } from '../queue/payload/store.ts'

/**
 * Keeps them in `blobs`. The environment is a part of their name, so that a copy of production's database, restamped, does
 * not take production's blobs for its own.
 */
export function payloadBlobs(parts: {
  readonly blobs: Blobs
  readonly db: Queryable
  readonly environment: string
}): PayloadStore {
  const { blobs, db, environment } = parts
  let known: string | undefined
  const prefix = async (): Promise<string> => {
    known ??= blobKey('payloads', environment, await payloadPlace(db))
    return known
  }
  const keyOf = async (name: string): Promise<BlobKey> => blobKey(await prefix(), name)
  return {
    async put(name, content): Promise<void> {
      await blobs.put(await keyOf(name), content)
    },
    async find(name, { bytesMax, signal }): Promise<Buffer | undefined> {
      try {
        const source = await blobs.get(await keyOf(name), { start: 0, end: bytesMax - 1 })
        const chunks: Buffer[] = []
        await pipeline(
          source,
          async (content: AsyncIterable<Buffer>) => {
            for await (const chunk of content) chunks.push(chunk)
          },
          { signal },
        )
        return Buffer.concat(chunks)
      } catch (thrown) {
        if (isMillraceError(thrown, 'MILLRACE_BLOBS_ABSENT')) return undefined
        throw thrown
      }
    },
    async delete(name): Promise<void> {
      await blobs.delete(await keyOf(name))
    },
    async *list() {
      for await (const { key, info } of blobs.list(await prefix())) {
        const name = key.slice(key.lastIndexOf('/') + 1)
        if (isUuid(jobOf(name))) yield { name, modifiedAt: info.modifiedAt }
      }
    },
  }
}
