/** How many pictures an import may still take, and how much may be unpacked for them. */
import { IMPORT_PICTURES_MAX, IMPORT_UNPACKED_BYTES_MAX } from '../contract/limits.ts'
import { type ArchivedFile, Unusable } from './archive.ts'

export class ImportRoom {
  pictures = 0
  #bytes = 0
  #freeBytes: number

  /** @param freeBytes that the user may still store, as far as is known when the import begins. */
  constructor(freeBytes: number) {
    this.#freeBytes = freeBytes
  }

  /** `isNew`: an earlier attempt has not made a photo of it. @throws Unusable when there is none for this file. */
  require({ bytes }: ArchivedFile, isNew: boolean): void {
    if (isNew && bytes > this.#freeBytes) throw quotaFull()
    if (this.pictures === IMPORT_PICTURES_MAX) throw noRoom(`the ${IMPORT_PICTURES_MAX.toLocaleString('en')} pictures`)
    if (this.#bytes + bytes > IMPORT_UNPACKED_BYTES_MAX) throw noRoom(`the ${IMPORT_UNPACKED_BYTES_MAX / 1024 ** 3} GB`)
  }

  take({ bytes }: ArchivedFile, isNew: boolean): void {
    this.pictures += 1
    if (isNew) this.#freeBytes -= bytes
    this.#bytes += bytes
  }

  /** What was unpacked in vain counts as well: an archive of broken files is no way to keep a worker busy. */
  spend(bytes: number): void {
    this.#bytes += bytes
  }
}

function noRoom(what: string): Unusable {
  return new Unusable('DARKROOM_IMPORT_FULL', `It is more than ${what} that one import takes.`)
}

export const QUOTA_FULL = 'DARKROOM_QUOTA_FULL'

export function quotaFull(): Unusable {
  return new Unusable(QUOTA_FULL, 'It is more than there was room for in your archive.')
}
