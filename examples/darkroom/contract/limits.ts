/** What Darkroom accepts and keeps. The database holds the texts to the same bounds (data/migrations). */

export const DAY_MS = 24 * 3_600_000

export const UPLOAD_FILES_MAX = 50
export const UPLOAD_FILE_BYTES_MAX = 64 * 1024 * 1024
export const NAME_CHARS_MAX = 255
export const TITLE_CHARS_MAX = 200
export const CAPTION_CHARS_MAX = 4_000
/** A deleted photo can be restored for so long; then the purge takes it. */
export const DELETED_DAYS_KEPT = 30

/** Bytes of an archive that is imported. */
export const IMPORT_BYTES_MAX = 2 * 1024 ** 3
/** Pictures that are taken out of one archive. */
export const IMPORT_PICTURES_MAX = 5_000
/** Files in an archive, whatever they are: the list of one with more is not even read. */
export const IMPORT_FILES_MAX = 20_000
/** Bytes of all pictures of an archive together. Photographs hardly shrink in a ZIP: much more than the archive is a trick. */
export const IMPORT_UNPACKED_BYTES_MAX = 4 * 1024 ** 3
/** Files that an import left out and tells by name. All of them are counted. */
export const LEFT_OUT_TOLD_MAX = 200
/** An import is listed for so long, unless it was put away before. */
export const IMPORT_DAYS_KEPT = 30

/** Bytes of originals that one account may keep, deleted ones included until they are purged. */
export const QUOTA_BYTES = 5 * 1024 ** 3

/** The same as it is set up here: `DARKROOM_QUOTA_BYTES` stands in its place where it is given. */
export function quotaBytes(): number {
  const given = process.env['DARKROOM_QUOTA_BYTES']
  if (given === undefined || given === '') return QUOTA_BYTES
  if (!/^\d{1,15}$/.test(given)) throw new Error(`DARKROOM_QUOTA_BYTES is no number of bytes: ${given}`)
  return Number(given)
}

/** Albums of one account. */
export const ALBUMS_MAX = 500
/** Albums of others that are listed: of each of them the newest, so that nobody pushes another's out of sight. */
export const ALBUMS_SHARED_LISTED_MAX = 500
/** Photos that are put into an album at once. */
export const ALBUM_PUT_MAX = 500
export const MEMBERS_MAX = 200
/** Links of an album that are good at a time. */
export const LINKS_MAX = 50
export const LINK_DAYS = 30
export const LINK_DAYS_MAX = 365
