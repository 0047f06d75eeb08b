/** The answer to more than an account may keep. */
import { type Problem, problem } from 'millrace/web'
import { quotaBytes } from '../contract/limits.ts'

export function quotaFull(bytes: number, freeBytes: number): Problem {
  return problem({
    status: 413,
    code: 'DARKROOM_QUOTA_FULL',
    detail: `It has ${megabytes(bytes)} MB, and of your ${megabytes(quotaBytes())} MB there are ${megabytes(freeBytes)} MB left.`,
    remedy: 'Delete photos: they are gone for good, and their room is yours again, after 30 days.',
  })
}

/** Rounded so that what does not fit never looks as if it did: to one tenth, upwards for what is large enough to matter. */
const megabytes = (bytes: number): string =>
  (bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: bytes < 2 ** 20 ? 3 : 1 })
