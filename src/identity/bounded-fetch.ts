/**
 * Requests to the provider, bounded: a provider that hangs, or whose answer does not end, must not take this process with
 * it. Redirects are not followed: none of the endpoints that are asked has a reason to redirect.
 */
import { asError, type MillraceError } from '../kernel/errors.ts'

/** Until an answer is there, body included. A login asks three times at most, and is to be refused within ten seconds. */
export const ANSWER_MS_MAX = 3_000
/** Of an answer: metadata, keys or tokens. */
export const ANSWER_BYTES_MAX = 512 * 1024

/** It is there, and has no time for us. */
const TOO_MANY = 429

export type Fetch = (url: string, options: RequestInit) => Promise<Response>

/** `away` makes the error of a provider that cannot be asked. */
export function boundedFetch(away: (why: string, cause?: unknown) => MillraceError): Fetch {
  return async (url, options) => {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    try {
      const response = await fetch(url, { ...options, redirect: 'manual', signal })
      const body = await readBounded(response)
      if (response.status >= 500 || response.status === TOO_MANY) throw away(`it answers ${response.status}`)
      const { status, statusText, headers } = response
      const isEmpty = status === 204 || status === 304
      return new Response(isEmpty ? null : body, { status, statusText, headers: withoutLength(headers) })
    } catch (thrown) {
      const error = asError(thrown)
      if ('code' in error && String(error.code).startsWith('MILLRACE_')) throw error
      if (signal.aborted) throw away(`no answer within ${ANSWER_MS_MAX} ms`, error)
      throw away(reasonOf(error), error)
    }
  }
}

async function readBounded(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`its answer is larger than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** The body is decoded by now: what the headers say of its form is no longer true. */
function withoutLength(headers: Headers): Headers {
  const kept = new Headers(headers)
  kept.delete('content-length')
  kept.delete('content-encoding')
  return kept
}

/** `fetch failed` says nothing: its cause does. */
function reasonOf(error: Error): string {
  const cause = error.cause
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message
  return error.message
}
