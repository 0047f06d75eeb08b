/** Names that clients give their files: for people to read, never for a path. */

/** Characters of a name that is kept. */
export const FILE_NAME_CHARS_MAX = 255
const FALLBACK = 'file'

/**
 * A client's file name, fit to be shown and stored: its last part, without control characters, line breaks and those that
 * turn the direction of text, at most 255 characters.
 */
export function displayName(given: string | undefined): string {
  const last = (given ?? '').split(/[/\\]/).at(-1) ?? ''
  const clean = last
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '')
    .trim()
  const short = [...clean].reduce(
    (text, char) => (text.length + char.length <= FILE_NAME_CHARS_MAX ? text + char : text),
    '',
  )
  return short === '' || /^\.+$/.test(short) ? FALLBACK : short
}
