/** The secret in the cookie, and what is stored of it. */
import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits: nobody guesses one, however many there are. */
const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/

export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

/** False for what cannot be a token: it need not be looked up. */
export function isToken(text: string): boolean {
  return TOKEN.test(text)
}

/** Its hash needs no salt and no slowness: what it is made of is random, and as long as the hash itself. */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
