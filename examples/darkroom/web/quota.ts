/** The answer to more than an account may keep. */
import { type Problem, problem } from 'millrace/web'
import { quotaBytes } from '../contract/limits.ts'

export function quotaFull(bytes: number, freeBytes: number): Problem {
  return problem({
    status: 413,
    code: 'DARKROOM_QUOTA_FULL',
    detail: `It has ${megabytes(bytes)} MB, and of your ${megabytes(quotaBytes())} MB there are ${megabytes(freeBytes)} MB left.`,
    remedy:
      'Delete photos, and then for good among those that were deleted: after 30 days they go by themselves. Archives of imports that did not end take room as well, until they are put away.',
  })
}

/** Rounded so that what does not fit never looks as if it did: to one tenth, upwards for what is large enough to matter. */
const megabytes = (bytes: number): string =>
  (bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: bytes < 2 ** 20 ? 3 : 1 })
