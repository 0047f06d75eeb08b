/** What the file system says, in the words of blobs. */
import { asError } from '../kernel/errors.ts'
import { blobErrors } from './errors.ts'

const CANNOT_WRITE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EACCES', 'EPERM'])

/** MILLRACE_BLOBS_FULL for a file system that cannot take more; anything else stays as it is. */
export function asBlobError(thrown: unknown): Error {
  const error = asError(thrown)
  const code = systemCode(error)
  return CANNOT_WRITE.has(code) ? blobErrors.MILLRACE_BLOBS_FULL({ why: code }, error) : error
}

/** True when there is no such file, or something else than a file where it should be. */
export function isAbsence(thrown: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemCode(asError(thrown)))
}

function systemCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}
