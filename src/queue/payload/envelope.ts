/**
 * The stored form of an input. Nearly always that is the input's own JSON text. What lies in a blob or is encrypted has an
 * envelope in its place: an object whose first key is `$millrace`. No input is ever taken for one: an input that begins
 * like an envelope is put into an envelope itself. So the form says what it is by itself, wherever it travels: in a pack,
 * through `deferred`, as a dead letter.
 */

/** What an envelope says. */
export type Envelope =
  /** An input that begins like an envelope. */
  | { readonly plain: unknown }
  /** Encrypted with the key of this id: base64. */
  | { readonly key: string; readonly sealed: string }
  /** In the blob of this job with this word in its name, which takes so many bytes; with a key, encrypted there. */
  | { readonly blob: string; readonly bytes: number; readonly key?: string }

const HEAD = '{"$millrace":'
const BLOB_WORD = /^[0-9a-f]{8}$/
const BLOB_HEAD = `${HEAD}{"blob":`
/** The third character of an envelope, which tells nearly all other texts apart without a call. */
const DOLLAR = 36

export function isEnvelope(text: string): boolean {
  return text.charCodeAt(2) === DOLLAR && text.startsWith(HEAD)
}

/** Whether one of the inputs of a pack may be in an envelope. */
export function mayHoldEnvelope(packed: string): boolean {
  return packed.includes(HEAD)
}

/** Whether the input lies in a blob. sql/find-unclaimed.sql and its indexes know such a job by the same words. */
export function liesInBlob(text: string): boolean {
  return text.charCodeAt(2) === DOLLAR && text.startsWith(BLOB_HEAD)
}

/** As it is stored. `plain` is handed over as text, for it need not be parsed. */
export function envelopeText(envelope: Exclude<Envelope, { plain: unknown }> | { readonly plainText: string }): string {
  return 'plainText' in envelope ? `${HEAD}{"plain":${envelope.plainText}}}` : `${HEAD}${JSON.stringify(envelope)}}`
}

/** What the envelope says; undefined when the parsed text is the input itself. @throws `notKnown()` for a form of another release */
export function openEnvelope(stored: unknown, notKnown: () => Error): Envelope | undefined {
  if (typeof stored !== 'object' || stored === null || firstKeyOf(stored) !== '$millrace') return undefined
  const inside: unknown = (stored as { readonly $millrace: unknown }).$millrace
  if (isKnown(inside)) return inside
  throw notKnown()
}

function firstKeyOf(value: object): string | undefined {
  for (const key in value) return key
  return undefined
}

function isKnown(inside: unknown): inside is Envelope {
  if (typeof inside !== 'object' || inside === null) return false
  const { key, sealed, blob, bytes } = inside as Readonly<Record<string, unknown>>
  if ('plain' in inside) return true
  if ('sealed' in inside) return typeof sealed === 'string' && typeof key === 'string'
  const isKey = key === undefined || typeof key === 'string'
  return isKey && typeof blob === 'string' && BLOB_WORD.test(blob) && typeof bytes === 'number'
}
