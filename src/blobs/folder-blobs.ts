/**
 * Blobs as files in a folder. A blob appears under its name by one rename, after its content was synced: nobody ever sees
 * half of one, and when `keep` resolves a power cut does not lose it.
 */
import { type FileHandle, mkdir, open, opendir, rename, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { Readable } from 'node:stream'
import { type Clock, systemClock } from '../kernel/clock.ts'
import { type BlobInfo, type BlobKey, type Blobs, blobKey, type StagedBlob } from './blobs.ts'
import { blobErrors } from './errors.ts'
import { asBlobError, isAbsence } from './file-errors.ts'
import { openStaging, type StagedFile, stageFile } from './staging.ts'

/** `delete` may remove the empty folder that `keep` has just found; it then makes it again. */
const KEEP_TRIES_MAX = 5

/**
 * Opens blobs in a folder of this machine, which is made at the first write. Several processes may share it.
 *
 * @example const blobs = folderBlobs({ folder: join(home, 'blobs') })
 */
export function folderBlobs(options: { readonly folder: string; readonly clock?: Clock }): Blobs {
  return new FolderBlobs(resolve(options.folder), options.clock ?? systemClock)
}

class FolderBlobs implements Blobs {
  readonly #folder: string
  readonly #clock: Clock
  #opened: Promise<void> | undefined

  constructor(folder: string, clock: Clock) {
    this.#folder = folder
    this.#clock = clock
  }

  async stage(source: Readable, options: { readonly bytesMax: number }): Promise<StagedBlob> {
    // a source may fail while we are not yet reading: its error is told by the read, and must not be an unhandled event
    source.on('error', () => {})
    await this.#open().catch((thrown: unknown) => {
      source.destroy()
      throw thrown
    })
    const staged = await stageFile(this.#folder, source, options.bytesMax)
    return {
      bytes: staged.bytes,
      sha256: staged.sha256,
      head: staged.head,
      keep: (key) => this.#keep(staged, key),
      discard: () => unlink(staged.path).catch(unlessAbsent),
    }
  }

  async put(key: BlobKey, content: Readable | Uint8Array): Promise<BlobInfo> {
    const source = content instanceof Uint8Array ? Readable.from([content], { objectMode: false }) : content
    const staged = await this.stage(source, { bytesMax: Number.MAX_SAFE_INTEGER })
    try {
      await staged.keep(key)
    } finally {
      await staged.discard()
    }
    return { bytes: staged.bytes, modifiedAt: new Date(this.#clock.now()) }
  }

  async get(key: BlobKey, range?: { readonly start: number; readonly end: number }): Promise<Readable> {
    const file = await open(this.#pathOf(key), 'r').catch((thrown: unknown) => orAbsent(key, thrown))
    await requireFile(file, key)
    return file.createReadStream(range)
  }

  async find(key: BlobKey): Promise<BlobInfo | undefined> {
    const info = await stat(this.#pathOf(key)).catch(unlessAbsent)
    return info?.isFile() ? { bytes: info.size, modifiedAt: info.mtime } : undefined
  }

  async delete(key: BlobKey): Promise<void> {
    const path = this.#pathOf(key)
    await unlink(path).catch(unlessAbsent)
    await this.#removeEmptyFolders(dirname(path))
  }

  async *list(prefix: string): AsyncIterable<{ readonly key: BlobKey; readonly info: BlobInfo }> {
    const top = this.#pathOf(blobKey(prefix))
    const folders = [top]
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      const entries = await opendir(folder).catch(unlessAbsent)
      if (entries === undefined) continue
      for await (const entry of entries) {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) folders.push(path)
        const key = entry.isFile() ? this.#keyOf(path) : undefined
        const info = key === undefined ? undefined : await this.find(key)
        if (key !== undefined && info !== undefined) yield { key, info }
      }
    }
  }

  async localPath(key: BlobKey): Promise<string> {
    if ((await this.find(key)) === undefined) throw blobErrors.MILLRACE_BLOBS_ABSENT({ key })
    return this.#pathOf(key)
  }

  /** Once; a failure (a full disk, say) is tried again by the next caller. */
  #open(): Promise<void> {
    this.#opened ??= openStaging(this.#folder, this.#clock).catch((thrown: unknown) => {
      this.#opened = undefined
      throw thrown
    })
    return this.#opened
  }

  async #keep(staged: StagedFile, key: BlobKey): Promise<void> {
    const path = this.#pathOf(key)
    for (let tries = 1; ; tries += 1) {
      try {
        await makeFolder(dirname(path))
        await rename(staged.path, path)
        return await syncFolder(dirname(path))
      } catch (thrown) {
        const isStaged = (await stat(staged.path).catch(unlessAbsent)) !== undefined
        if (!isAbsence(thrown) || !isStaged || tries >= KEEP_TRIES_MAX) throw asBlobError(thrown)
      }
    }
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    for (let path = folder; path !== this.#folder; path = dirname(path)) {
      const isGone = await rmdir(path).then(
        () => true,
        () => false, // not empty, or gone already
      )
      if (!isGone) return
    }
  }

  #pathOf(key: BlobKey): string {
    return join(this.#folder, ...key.split('/'))
  }

  /** Undefined for a file that somebody else has put there. */
  #keyOf(path: string): BlobKey | undefined {
    try {
      return blobKey(...relative(this.#folder, path).split(sep))
    } catch {
      return undefined
    }
  }
}

async function requireFile(file: FileHandle, key: BlobKey): Promise<void> {
  if ((await file.stat()).isFile()) return
  await file.close()
  throw blobErrors.MILLRACE_BLOBS_ABSENT({ key })
}

/** Makes the folder and, where folders are new, syncs the ones that now name them. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made))
    if (made === first) return
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function unlessAbsent(thrown: unknown): undefined {
  if (!isAbsence(thrown)) throw thrown
}

function orAbsent(key: BlobKey, thrown: unknown): never {
  throw isAbsence(thrown) ? blobErrors.MILLRACE_BLOBS_ABSENT({ key }, thrown) : asBlobError(thrown)
}
