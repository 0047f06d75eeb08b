import { thumbHashToDataURL } from 'thumbhash'

const KEPT_MAX = 4_000
const kept = new Map<string, string | undefined>()

/** The blurred picture that a base64 thumbhash stands for, as a data URL; nothing for one that cannot be read. */
export function placeholderOf(hash: string | null): string | undefined {
  if (!hash) return undefined
  if (kept.has(hash)) return kept.get(hash)
  if (kept.size >= KEPT_MAX) kept.clear()
  const url = decode(hash)
  kept.set(hash, url)
  return url
}

function decode(hash: string): string | undefined {
  try {
    return thumbHashToDataURL(Uint8Array.from(atob(hash), (char) => char.charCodeAt(0)))
  } catch {
    return undefined // the dominant colour stands behind it
  }
}
