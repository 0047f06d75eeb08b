/** What kind of picture a file is: by its first bytes, whatever its name and the client say. */
import { fileTypeFromBuffer } from 'file-type'

const ACCEPTED: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/apng',
  'image/webp',
  'image/gif',
  'image/avif',
  'image/tiff',
])

/** The media type of an accepted picture; undefined for everything else. */
export async function kindOf(head: Uint8Array): Promise<string | undefined> {
  const found = await fileTypeFromBuffer(head)
  if (found === undefined) return isTiff(head) ? 'image/tiff' : undefined
  return ACCEPTED.has(found.mime) ? found.mime : undefined
}

/** A TIFF may have its directory behind its pixels, where the first bytes do not reach. */
function isTiff(head: Uint8Array): boolean {
  return ['II*\0', 'MM\0*'].includes(Buffer.from(head.subarray(0, 4)).toString('latin1'))
}
