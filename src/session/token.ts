/** The secret in the cookie, and what is stored of it. */
import { createHash } from 'node:crypto'

const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** False for what `newSecret` cannot have made: it need not be looked up. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** Its hash needs no salt and no slowness: what it is made of is random, and as long as the hash itself. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
