/** Sends a file out of the blobs: whole, in part (RFC 9110, section 14), or not at all when the client has it. */
import type { BlobKey, Blobs } from 'millrace/blobs'
import { isUnchanged, problem, type WebReply, type WebRequest } from 'millrace/web'

export interface SentBlob {
  readonly blobs: Blobs
  readonly key: BlobKey
  readonly bytes: number
  readonly etag: string
}

export async function sendBlob(request: WebRequest, reply: WebReply, blob: SentBlob): Promise<WebReply> {
  const { blobs, key, bytes, etag } = blob
  reply.header('etag', etag).header('accept-ranges', 'bytes')
  if (isUnchanged(request, etag)) return reply.code(304).send()
  const range = rangeOf(request, bytes, etag)
  const { start, end } = range ?? { start: 0, end: bytes - 1 }
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end}/${bytes}`)
  return reply.header('content-length', end - start + 1).send(await blobs.get(key, range))
}

interface Range {
  readonly start: number
  readonly end: number
}

/** The part that is asked for; undefined for the whole, which is also the answer to what we do not understand. */
function rangeOf(request: WebRequest, bytes: number, etag: string): Range | undefined {
  const { range, 'if-range': ifRange } = request.headers
  const asked = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range ?? '')
  if (asked === null || asked[0] === 'bytes=-' || (ifRange !== undefined && ifRange !== etag)) return undefined
  const [, first = '', last = ''] = asked
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first)
  const end = first === '' || last === '' ? bytes - 1 : Math.min(bytes - 1, Number(last))
  if (start <= end) return { start, end }
  throw problem({
    status: 416,
    code: 'DARKROOM_RANGE_NOT_SATISFIABLE',
    detail: `The file has ${bytes} bytes.`,
    headers: { 'content-range': `bytes */${bytes}`, 'cache-control': 'no-store' },
  })
}
