/** One file to the server, with real progress: XMLHttpRequest, because fetch tells nothing about what was sent. */
import { told } from '../api/http.ts'
import { problemFrom, SERVER_AWAY } from '../api/problem.ts'

const SILENCE_MS_MAX = 90_000

export interface Accepted {
  readonly id: string
  readonly name: string
  /** The path of the operation that makes the photo. */
  readonly operation: string
}

export interface Sending {
  readonly file: File
  /** The same for every try of one file, so that a lost answer cannot make two photos. */
  readonly idempotencyKey: string
  /** 0 to 1. */
  readonly onProgress: (sent: number) => void
  readonly signal: AbortSignal
}

/** @throws ProblemError with what the server said, or that it is away; AbortError when `signal` aborted. */
export function sendPhoto({ file, idempotencyKey, onProgress, signal }: Sending): Promise<Accepted> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let silence = setTimeout(() => request.abort(), SILENCE_MS_MAX)
    const abort = () => request.abort()
    const end = () => {
      clearTimeout(silence)
      signal.removeEventListener('abort', abort)
    }
    signal.addEventListener('abort', abort)
    request.upload.addEventListener('progress', (event) => {
      clearTimeout(silence)
      silence = setTimeout(() => request.abort(), SILENCE_MS_MAX)
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    })
    request.addEventListener('load', () => {
      end()
      const accepted = acceptedOf(request)
      if (accepted) resolve(accepted)
      else reject(told(problemFrom(request.status, jsonOf(request), request.getResponseHeader('retry-after'))))
    })
    request.addEventListener('error', () => {
      end()
      reject(told(SERVER_AWAY))
    })
    request.addEventListener('abort', () => {
      end()
      reject(signal.aborted ? signal.reason : told(SERVER_AWAY))
    })
    const form = new FormData()
    form.append('photo', file, file.name)
    request.open('POST', '/api/photos')
    request.setRequestHeader('accept', 'application/json, application/problem+json')
    request.setRequestHeader('idempotency-key', idempotencyKey)
    request.send(form)
  })
}

function acceptedOf(request: XMLHttpRequest): Accepted | undefined {
  if (request.status !== 202) return undefined
  const body = jsonOf(request) as { readonly photos?: readonly Accepted[] } | null
  return body?.photos?.[0]
}

function jsonOf(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText) as unknown
  } catch {
    return null
  }
}
