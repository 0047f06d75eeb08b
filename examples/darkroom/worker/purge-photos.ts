/**
 * Removes what nobody can want back. Rows go before files: when the purge dies in between, the files are left without a
 * photo, and the next night finds them as such.
 */
import type { BlobInfo, BlobKey, Blobs } from 'millrace/blobs'
import type { Database } from 'millrace/data'
import { findOperations } from 'millrace/queue'
import { handler } from 'millrace/worker'
import { ARCHIVES, ORIGINALS, RENDITIONS } from '../contract/files.ts'
import { DAY_MS, DELETED_DAYS_KEPT, IMPORT_DAYS_KEPT } from '../contract/limits.ts'
import { purgePhotos } from '../contract/photos.ts'
import { type KnownPhoto, purges } from '../data/purges.ts'

/** Files younger than this may belong to an upload or a render under way. */
const ORPHAN_MS_MIN = DAY_MS
const LOOK_COUNT = 500

export default handler(purgePhotos, async ({ db, blobs, clock, signal, progress }) => {
  const purge = purges(db)
  const nowMs = clock.now()
  let photos = 0
  for (;;) {
    signal.throwIfAborted()
    const ids = await purge.removeDeleted(new Date(nowMs - DELETED_DAYS_KEPT * DAY_MS))
    if (ids.length === 0) break
    photos += ids.length
    progress(0.1, `${photos} photos removed`)
  }

  let files = 0
  await purge.removeImports(new Date(nowMs - IMPORT_DAYS_KEPT * DAY_MS))
  await dropPutAway(db)
  for await (const found of inGroups(oldFiles(blobs, nowMs, [ARCHIVES]))) {
    signal.throwIfAborted()
    const open = await purge.findOpenImports(found.map((file) => file.owner))
    for (const { key } of found.filter(({ owner }) => !open.has(owner))) {
      await blobs.delete(key)
      files += 1
    }
  }
  for await (const found of inGroups(oldFiles(blobs, nowMs, [ORIGINALS, RENDITIONS]))) {
    signal.throwIfAborted()
    const known = await purge.findKnown(found.map((file) => file.owner))
    for (const file of found.filter((file) => isOrphan(file, known.get(file.owner)))) {
      await blobs.delete(file.key)
      files += 1
    }
    progress(0.5, `${files} files removed`)
  }
  return { photos, files }
})

/** Who put an import away that was under way wants what came of it: once that is over, nobody asks for the rest. */
async function dropPutAway(db: Database): Promise<void> {
  const putAway = await purges(db).listPutAway()
  const operations = await findOperations(
    db,
    putAway.map(({ operation }) => operation),
  )
  const underWay = new Set(operations.filter(({ endedAt }) => endedAt === null).map(({ id }) => id))
  await purges(db).dropArchives(putAway.filter(({ operation }) => !underWay.has(operation)).map(({ id }) => id))
}

interface StoredFile {
  readonly key: BlobKey
  /** The id of its photo, or of its import. */
  readonly owner: string
  /** Undefined for an original, or an archive. */
  readonly file: string | undefined
}

/** A rendition of a photo that is still being rendered is no orphan, however old: the render may be about to file it. */
function isOrphan({ file }: StoredFile, photo: KnownPhoto | undefined): boolean {
  if (photo === undefined) return true
  return file !== undefined && photo.isReady && !photo.files.has(file)
}

async function* oldFiles(blobs: Blobs, nowMs: number, folders: readonly string[]): AsyncIterable<StoredFile> {
  for (const folder of folders) {
    for await (const { key, info } of blobs.list(folder)) {
      const [, owner = '', file] = key.split('/')
      if (isOld(info, nowMs) && UUID.test(owner)) yield { key, owner, file }
    }
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const isOld = (info: BlobInfo, nowMs: number): boolean => nowMs - info.modifiedAt.getTime() > ORPHAN_MS_MIN

async function* inGroups<T>(items: AsyncIterable<T>): AsyncIterable<readonly T[]> {
  let group: T[] = []
  for await (const item of items) {
    group.push(item)
    if (group.length < LOOK_COUNT) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
