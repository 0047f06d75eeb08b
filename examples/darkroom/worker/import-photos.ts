/**
 * Unpacks an archive, some pictures in a transaction: each becomes a photo with a job that renders it. An attempt that died
 * half way is followed by one that goes on where it was, because a picture has the same id whichever attempt unpacks it.
 */
import { type Attempt, handler, PermanentError, RetryLater } from 'millrace/worker'
import { archiveKey, originalKey } from '../contract/files.ts'
import { importPhotos, type LeftOut } from '../contract/imports.ts'
import { LEFT_OUT_TOLD_MAX, quotaBytes } from '../contract/limits.ts'
import { renderPhoto } from '../contract/photos.ts'
import { imports } from '../data/imports.ts'
import { photos } from '../data/photos.ts'
import { storage } from '../data/storage.ts'
import { openArchive, Unusable } from './archive.ts'
import { shownName } from './archive-names.ts'
import { ImportRoom, QUOTA_FULL, quotaFull } from './import-room.ts'
import { photoIdOf, type Unpacked, unpack } from './unpack.ts'

/** Pictures in one transaction: few are unpacked in vain when an attempt dies, and the first show soon. */
const BATCH_COUNT = 20

export default handler(importPhotos, async (attempt) => {
  const { input, db, blobs, clock, log, signal, progress, transaction } = attempt
  const { importId, uploader } = input
  const found = await imports(db).find(importId)
  if (found === undefined) throw new PermanentError('DARKROOM_IMPORT_GONE', 'The import was removed.')
  await using archive = await openArchive(await blobs.localPath(archiveKey(importId)))
  const known = await imports(db).photoIds(importId)
  const leftOut = new LeftOutFiles()
  if (archive.problem !== undefined) leftOut.add(found.name, archive.problem)
  const room = new ImportRoom(quotaBytes() - (await storage(db).usedBytes(uploader)))
  let batch: Unpacked[] = []

  const total = archive.files.length
  for (const [n, file] of archive.files.entries()) {
    signal.throwIfAborted()
    progress(n / total, `${n} of ${total}`)
    const id = photoIdOf(importId, file)
    const before = archive.bytesUnpacked
    try {
      const isNew = !known.has(id)
      room.require(file, isNew)
      if (isNew) batch.push(await unpack(archive, file, id, { blobs, signal }))
      room.take(file, isNew)
    } catch (thrown) {
      if (!(thrown instanceof Unusable)) throw thrown
      room.spend(archive.bytesUnpacked - before)
      leftOut.add(file.path, thrown)
    }
    if (batch.length < BATCH_COUNT) continue
    await requireActor(attempt)
    await leaveOut(await add(attempt, batch))
    batch = []
  }

  await requireActor(attempt)
  let refused: readonly Unpacked[] = []
  let holdsArchive = true
  const result = await transaction(async () => {
    refused = await add(attempt, batch)
    tell(refused)
    holdsArchive = await imports(db).finish(importId, leftOut, new Date(clock.now()))
    const { leftOut: told, leftOutCount } = leftOut
    return { importId, imported: room.pictures, leftOut: [...told], leftOutCount }
  })
  await removeOriginals(refused)
  if (holdsArchive) return result
  // the job is done: should this fail, the nightly purge finds the archive
  await blobs
    .delete(archiveKey(importId))
    .catch((error: unknown) => log.warn({ err: error, importId }, 'an archive is left'))
  return result

  async function leaveOut(refused: readonly Unpacked[]): Promise<void> {
    tell(refused)
    await removeOriginals(refused)
  }
  function tell(refused: readonly Unpacked[]): void {
    for (const { path } of refused) leftOut.add(path, quotaFull())
    room.pictures -= refused.length
  }
  async function removeOriginals(refused: readonly Unpacked[]): Promise<void> {
    for (const { id } of refused) await blobs.delete(originalKey(id))
  }
})

/**
 * Makes photos of what was unpacked, unless another attempt did, with their renders; unless the import was taken back.
 * Answers those for which there is no room any more, because others were uploaded meanwhile.
 */
async function add(attempt: Attempt<typeof importPhotos>, unpacked: readonly Unpacked[]): Promise<readonly Unpacked[]> {
  const { db, submitMany, input } = attempt
  const { importId, uploader } = input
  return db.transaction(async () => {
    const found = await imports(db).lock(importId)
    // its job is cancelled as well, and will not begin again
    if (found === undefined || found.taken_back_at !== null) throw new RetryLater(1_000, { spendsAttempt: false })
    const known = await photos(db).findKnown(unpacked.map(({ id }) => id))
    let freeBytes = await storage(db).lockFreeBytes(uploader)
    const added: Unpacked[] = []
    const refused: Unpacked[] = []
    for (const picture of unpacked) {
      if (known.has(picture.id)) continue
      const fits = picture.bytes <= freeBytes
      if (fits) freeBytes -= picture.bytes
      ;(fits ? added : refused).push(picture)
    }
    if (added.length === 0) return refused
    const inputs = added.map(({ id }) => ({ photoId: id }))
    const jobs = await submitMany(renderPhoto, inputs, { priority: 'low', tenant: uploader })
    const about = { uploadedAt: found.uploaded_at, owner: uploader, importId }
    await photos(db).add(added.map((picture, n) => ({ ...picture, ...about, operation: jobs[n]?.id ?? '' })))
    return refused
  })
}

/** An import may run for hours: whose account was disabled meanwhile gets no photo more. */
async function requireActor({ actor, people }: Pick<Attempt, 'actor' | 'people'>): Promise<void> {
  if (actor === undefined || (await people?.find(actor.account)) !== undefined) return
  throw new PermanentError('DARKROOM_ACCOUNT_GONE', 'The account was disabled while its archive was unpacked.')
}

/** Files that did not become photos: all are counted, the first told. */
class LeftOutFiles {
  readonly leftOut: LeftOut[] = []
  leftOutCount = 0
  /** Once there is room again. */
  canGoOn = false

  add(path: string, { code, message }: Unusable): void {
    this.leftOutCount += 1
    this.canGoOn ||= code === QUOTA_FULL
    if (this.leftOut.length < LEFT_OUT_TOLD_MAX) this.leftOut.push({ file: shownName(path), code, detail: message })
  }
}
