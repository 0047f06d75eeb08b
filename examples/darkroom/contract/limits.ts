/** What Darkroom accepts and keeps. The database holds the texts to the same bounds (data/migrations). */

export const UPLOAD_FILES_MAX = 50
export const UPLOAD_FILE_BYTES_MAX = 64 * 1024 * 1024
export const NAME_CHARS_MAX = 255
export const TITLE_CHARS_MAX = 200
export const CAPTION_CHARS_MAX = 4_000
/** A deleted photo can be restored for so long; then the purge takes it. */
export const DELETED_DAYS_KEPT = 30
