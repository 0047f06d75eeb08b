/** Ids and randomness as a port: the only file that asks the operating system for random bytes. */
import { randomBytes, randomUUID } from 'node:crypto'

/** Random hexadecimal digits, made ahead: an id takes 19 of them, and a web process makes two ids for each request. */
const RANDOM_POOL_BYTES = 4_096
const DIGITS = 19
let pool = ''
let offset = 0
/** How ids of this millisecond begin. */
let prefix = ''
let prefixMs = -1

/**
 * A new UUID version 7 (RFC 9562): 48 bits of milliseconds, then 74 random bits, so that ids sort by the time they were
 * made in and lie together in an index. Ids made in the same millisecond have no order among themselves.
 */
export function newId(nowMs: number): string {
  if (nowMs !== prefixMs) {
    const time = nowMs.toString(16).padStart(12, '0')
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`
    prefixMs = nowMs
  }
  if (offset + DIGITS > pool.length) {
    pool = randomBytes(RANDOM_POOL_BYTES).toString('hex')
    offset = 0
  }
  const at = offset
  offset += DIGITS
  const variant = VARIANTS.charAt(Number.parseInt(pool.charAt(at), 16) & 0x3)
  return `${prefix}${pool.slice(at + 1, at + 4)}-${variant}${pool.slice(at + 4, at + 7)}-${pool.slice(at + 7, at + DIGITS)}`
}

/** The two bits of RFC 9562's variant, `10`, before two random ones. */
const VARIANTS = '89ab'

/** A random name that nobody can guess: for temporary files, instances and nonces. */
export function newRandomId(): string {
  return randomUUID()
}

/** 256 random bits in base64url, 43 characters: what only its holder may know. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Random bytes. */
export function newBytes(count: number): Buffer {
  return randomBytes(count)
}

/** A number from 0 up to, not including, 1: for jitter. */
export function random(): number {
  return randomBytes(4).readUInt32BE() / 2 ** 32
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for a UUID in its canonical lower-case form. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}
