/** Ids and randomness as a port: the only file that asks the operating system for random bytes. */
import { randomBytes, randomUUID } from 'node:crypto'

const RANDOM_POOL_BYTES = 16_384
let pool = Buffer.alloc(0)
let offset = 0

/**
 * A new UUID version 7 (RFC 9562): 48 bits of milliseconds, then 74 random bits, so that ids sort by the time they were
 * made in and lie together in an index. Ids made in the same millisecond have no order among themselves.
 */
export function newId(nowMs: number): string {
  if (offset + 10 > pool.length) {
    pool = randomBytes(RANDOM_POOL_BYTES)
    offset = 0
  }
  const time = nowMs.toString(16).padStart(12, '0')
  const random = pool.toString('hex', offset, offset + 10)
  offset += 10
  const variant = (0x8 | (Number.parseInt(random.charAt(3), 16) & 0x3)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`
}

/** A random name that nobody can guess: for temporary files, instances and nonces. */
export function newRandomId(): string {
  return randomUUID()
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
