const KEY_BYTES = 16

/** A name nobody else has. Not `crypto.randomUUID`: browsers keep that from pages that came without TLS, as on a home network. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
