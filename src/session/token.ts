/** The secret in the cookie, and what is stored of it. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { newBytes } from '../kernel/ids.ts'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** False for what `newSecret` cannot have made: it need not be looked up. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** Its hash needs no salt and no slowness: what it is made of is random, and as long as the hash itself. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Text that only the holder of the token can read again: what lies in the store is of no use to whoever reads that. */
export function seal(token: string, text: string): Buffer {
  const nonce = newBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', keyOf(token), nonce)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Undefined: it was sealed with another token, or changed. */
export function unseal(token: string, sealed: Buffer): string | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', keyOf(token), sealed.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** Not the hash that is stored: whoever has that must not have the key. */
function keyOf(token: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, '', 'millrace session secret', 32))
}
