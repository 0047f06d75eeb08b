/**
 * Encryption of inputs: AES-256-GCM. Each one is sealed with a key and nonce of its own, derived (HKDF) from the named key
 * and 16 random bytes, as RFC 8188 does it: so one key may seal any number of them. The job's id and task are additional
 * data: what was sealed for one job does not open for another.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { newRandomId } from '../../kernel/ids.ts'
import { payloadErrors } from './errors.ts'

/** Whose input it is. */
export interface PayloadOwner {
  readonly id: string
  readonly task: string
}

export interface PayloadKeys {
  /** Seals with the first key. */
  seal(owner: PayloadOwner, text: string): { readonly key: string; readonly sealed: Buffer }
  /** @throws MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN, MILLRACE_QUEUE_PAYLOAD_UNREADABLE */
  unseal(owner: PayloadOwner, key: string, sealed: Buffer): string
}

export const KEY_COUNT_MAX = 16
const KEY_BYTES = 32
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'
const PURPOSE = 'millrace payload 1'

/**
 * Reads `id:base64` or `id:base64,id:base64,…`: the first key seals, each of them unseals. A key is 32 random bytes, its id
 * 1 to 32 of a–z, 0–9 and `-`. What it answers shows nothing of the keys when it is printed.
 *
 * @throws an Error whose message is the rule that was broken, and never a part of the text
 */
export function payloadKeys(text: string): PayloadKeys {
  const keys = new Map<string, KeyObject>()
  const parts = text.split(',').map((part) => part.trim())
  for (const part of parts) {
    const [, id, base64] = /^([a-z0-9-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(part) ?? []
    if (id === undefined || base64 === undefined)
      throw new Error('id:key,id:key,… with ids of a–z, 0–9 and "-", and keys of 32 bytes in base64 (44 characters)')
    if (keys.has(id)) throw new Error('keys with an id of its own each')
    keys.set(id, createSecretKey(Buffer.from(base64, 'base64')))
  }
  if (keys.size > KEY_COUNT_MAX) throw new Error(`${KEY_COUNT_MAX} keys at most`)
  return new Keys(keys)
}

class Keys implements PayloadKeys {
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #first: readonly [string, KeyObject]

  constructor(keys: ReadonlyMap<string, KeyObject>) {
    const [first] = keys
    if (first === undefined) throw new Error('one key at least')
    this.#keys = keys
    this.#first = first
  }

  seal(owner: PayloadOwner, text: string): { readonly key: string; readonly sealed: Buffer } {
    const [id, secret] = this.#first
    const salt = Buffer.from(newRandomId().replaceAll('-', ''), 'hex')
    const { key, nonce } = derive(secret, salt)
    const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(nameOf(owner))
    const sealed = Buffer.concat([salt, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return { key: id, sealed }
  }

  unseal(owner: PayloadOwner, id: string, sealed: Buffer): string {
    const jobId = owner.id
    const secret = this.#keys.get(id)
    if (secret === undefined) throw payloadErrors.MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN({ jobId, key: id })
    if (sealed.length < SALT_BYTES + TAG_BYTES)
      throw payloadErrors.MILLRACE_QUEUE_PAYLOAD_UNREADABLE({ jobId, why: 'it is too short to be one' })
    const { key, nonce } = derive(secret, sealed.subarray(0, SALT_BYTES))
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(nameOf(owner))
      .setAuthTag(sealed.subarray(-TAG_BYTES))
    const begun = decipher.update(sealed.subarray(SALT_BYTES, -TAG_BYTES))
    try {
      return Buffer.concat([begun, decipher.final()]).toString('utf8')
    } catch {
      const why = `it does not open with the key ${JSON.stringify(id)} for this job`
      throw payloadErrors.MILLRACE_QUEUE_PAYLOAD_UNREADABLE({ jobId, why })
    }
  }
}

/** A key and a nonce that are used once. */
function derive(secret: KeyObject, salt: Buffer): { readonly key: Buffer; readonly nonce: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', secret, salt, PURPOSE, KEY_BYTES + NONCE_BYTES))
  return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES) }
}

function nameOf({ id, task }: PayloadOwner): Buffer {
  return Buffer.from(JSON.stringify([id, task]))
}
