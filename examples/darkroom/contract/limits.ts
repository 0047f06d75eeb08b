/** What Darkroom accepts and keeps. The database holds the texts to the same bounds (data/migrations). */

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
