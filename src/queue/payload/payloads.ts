/**
 * How an input is stored and read back. A small one is stored as it is, a large one goes into a blob and its job carries
 * the claim check; either is encrypted when its task says so. Submitting encodes, the process that runs the job decodes.
 */
import type { Task } from '../../contract/task.ts'
import { type Clock, withDeadline } from '../../kernel/clock.ts'
import { asError } from '../../kernel/errors.ts'
import { newRandomId } from '../../kernel/ids.ts'
import { queueErrors } from '../errors.ts'
import { type Envelope, envelopeText, isEnvelope, openEnvelope } from './envelope.ts'
import { payloadErrors } from './errors.ts'
import type { PayloadKeys, PayloadOwner } from './keys.ts'
import { type PayloadStore, payloadName } from './store.ts'

/** Bytes of JSON that lie in the log itself. A claim takes many jobs at once: their inputs must fit into memory together. */
export const INLINE_BYTES_MAX = 64 * 1024
/** Bytes of JSON that one job's input may take in a blob. */
export const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024
/** How long a blob may take to be written, and to be fetched. */
export const KEEP_MS_MAX = 60_000
export const FETCH_MS_MAX = 60_000
/** A character takes three bytes of UTF-8 at most. */
const INLINE_CHARS = Math.floor(INLINE_BYTES_MAX / 3)
/** What encryption adds. */
const SEAL_BYTES_MAX = 64

export interface PayloadsOptions {
  readonly clock: Clock
  /** Without it, inputs are as large as fits inline. */
  readonly store?: PayloadStore | undefined
  readonly keys?: PayloadKeys | undefined
  /** Whether the inputs of every task are encrypted, not only of those that say so. */
  readonly isAllEncrypted?: boolean
}

export class Payloads {
  readonly #options: PayloadsOptions

  constructor(options: PayloadsOptions) {
    this.#options = options
  }

  /**
   * The stored form of an input, at once unless it goes into a blob. When it answers, the blob is durable; one whose job
   * is then not stored is swept away later (sweep.ts).
   *
   * @param text the input as JSON.
   * @throws MILLRACE_QUEUE_PAYLOAD_TOO_LARGE, MILLRACE_QUEUE_PAYLOAD_KEYS_MISSING, MILLRACE_QUEUE_PAYLOAD_NOT_KEPT, and
   * what the blobs say.
   */
  encode(task: Task, id: string, text: string): string | Promise<string> {
    const isSecret = task.encrypted || this.#options.isAllEncrypted === true
    const bytes = text.length <= INLINE_CHARS ? text.length : Buffer.byteLength(text)
    if (bytes > INLINE_BYTES_MAX) return this.#keep({ id, task: task.name }, text, bytes, isSecret)
    if (isSecret) {
      const { key, sealed } = this.#keysOf(task.name).seal({ id, task: task.name }, text)
      return envelopeText({ key, sealed: sealed.toString('base64') })
    }
    return isEnvelope(text) ? envelopeText({ plainText: text }) : text
  }

  /**
   * The input, from its stored form parsed as JSON: at once unless it lies in a blob.
   *
   * @throws MILLRACE_QUEUE_PAYLOAD_UNREADABLE, MILLRACE_QUEUE_PAYLOAD_MISSING: no retry helps;
   * MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN, MILLRACE_QUEUE_PAYLOAD_AWAY: a later one may.
   */
  decode(owner: PayloadOwner, stored: unknown, signal: AbortSignal): unknown {
    const envelope = openEnvelope(stored, () => unreadable(owner, 'this release does not know its form'))
    if (envelope === undefined) return stored
    if ('plain' in envelope) return envelope.plain
    if ('blob' in envelope) return this.#fetch(owner, envelope, signal)
    return this.#parse(owner, envelope.key, Buffer.from(envelope.sealed, 'base64'))
  }

  async #keep(owner: PayloadOwner, text: string, textBytes: number, isSecret: boolean): Promise<string> {
    const { store, clock } = this.#options
    const { task } = owner
    const bytesMax = store === undefined ? INLINE_BYTES_MAX : PAYLOAD_BYTES_MAX
    if (store === undefined || textBytes > bytesMax)
      throw queueErrors.MILLRACE_QUEUE_PAYLOAD_TOO_LARGE({ task, bytes: textBytes, bytesMax })
    const { key, sealed } = isSecret ? this.#keysOf(task).seal(owner, text) : { key: undefined, sealed: undefined }
    const content = sealed ?? Buffer.from(text)
    const late = (): Error => payloadErrors.MILLRACE_QUEUE_PAYLOAD_NOT_KEPT({ task, afterMs: KEEP_MS_MAX })
    // a word of its own: another input of the same job, edited by an operator, must not replace this one before it counts
    const blob = newRandomId().slice(0, 8)
    const bytes = content.length
    await withDeadline(clock, KEEP_MS_MAX, store.put(payloadName(owner.id, blob), content), late)
    return envelopeText(key === undefined ? { blob, bytes } : { blob, bytes, key })
  }

  async #fetch(owner: PayloadOwner, envelope: Extract<Envelope, { blob: string }>, signal: AbortSignal) {
    const bytesMax = Math.min(envelope.bytes, PAYLOAD_BYTES_MAX + SEAL_BYTES_MAX) + 1
    const content = await this.#find(owner, envelope.blob, { bytesMax, signal })
    if (content === undefined) throw payloadErrors.MILLRACE_QUEUE_PAYLOAD_MISSING({ jobId: owner.id })
    if (content.length !== envelope.bytes)
      throw unreadable(owner, `its blob does not have the ${envelope.bytes} bytes that were written`)
    return this.#parse(owner, envelope.key, content)
  }

  async #find(
    owner: PayloadOwner,
    blob: string,
    { bytesMax, signal }: { readonly bytesMax: number; readonly signal: AbortSignal },
  ): Promise<Buffer | undefined> {
    const { store, clock } = this.#options
    const away = (why: string, cause?: unknown): Error =>
      payloadErrors.MILLRACE_QUEUE_PAYLOAD_AWAY({ jobId: owner.id, why }, cause)
    if (store === undefined) throw away('this process was given no blobs')
    const late = away(`there was no answer within ${FETCH_MS_MAX} ms`)
    const gaveUp = new AbortController()
    const options = { bytesMax, signal: AbortSignal.any([signal, gaveUp.signal]) }
    try {
      return await withDeadline(clock, FETCH_MS_MAX, store.find(payloadName(owner.id, blob), options), () => late)
    } catch (thrown) {
      if (thrown === late || signal.aborted) throw thrown
      throw away(asError(thrown).message, thrown)
    } finally {
      gaveUp.abort()
    }
  }

  #parse(owner: PayloadOwner, key: string | undefined, content: Buffer): unknown {
    const text = key === undefined ? content.toString('utf8') : this.#unseal(owner, key, content)
    try {
      return JSON.parse(text)
    } catch {
      throw unreadable(owner, 'it is no JSON') // the parser's own words show a part of it
    }
  }

  #unseal(owner: PayloadOwner, key: string, sealed: Buffer): string {
    const { keys } = this.#options
    if (keys === undefined) throw payloadErrors.MILLRACE_QUEUE_PAYLOAD_KEY_UNKNOWN({ jobId: owner.id, key })
    return keys.unseal(owner, key, sealed)
  }

  #keysOf(task: string): PayloadKeys {
    const { keys } = this.#options
    if (keys === undefined) throw payloadErrors.MILLRACE_QUEUE_PAYLOAD_KEYS_MISSING({ task })
    return keys
  }
}

function unreadable(owner: PayloadOwner, why: string): Error {
  return payloadErrors.MILLRACE_QUEUE_PAYLOAD_UNREADABLE({ jobId: owner.id, why })
}
