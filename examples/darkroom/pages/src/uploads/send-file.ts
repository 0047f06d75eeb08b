/** One file to the server, with real progress: XMLHttpRequest, because fetch tells nothing about what was sent. */
import { told } from '../api/http.ts'
import { problemFrom, SERVER_AWAY } from '../api/problem.ts'

const SILENCE_MS_MAX = 90_000

export interface Accepted {
  readonly id: string
  readonly name: string
  /** The path of the operation that works on it. */
  readonly operation: string
}

/** Where files of a kind go. */
export interface Destination {
  readonly path: string
  readonly field: string
  /** What the answer tells of the file. */
  readonly acceptedOf: (body: unknown) => Accepted | undefined
}

export const TO_PHOTOS: Destination = {
  path: '/api/photos',
  field: 'photo',
  acceptedOf: (body) => (body as { readonly photos?: readonly Accepted[] } | null)?.photos?.[0],
}

export const TO_IMPORTS: Destination = {
  path: '/api/imports',
  field: 'archive',
  acceptedOf: (body) => (body as Accepted | null) ?? undefined,
}

export interface Sending {
  readonly destination: Destination
  readonly file: File
  /** The same for every try of one file, so that a lost answer cannot make two of it. */
  readonly idempotencyKey: string
  /** 0 to 1. */
  readonly onProgress: (sent: number) => void
  readonly signal: AbortSignal
}

/** @throws ProblemError with what the server said, or that it is away; AbortError when `signal` aborted. */
export function sendFile({ destination, file, idempotencyKey, onProgress, signal }: Sending): Promise<Accepted> {
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
      const accepted = request.status === 202 ? destination.acceptedOf(jsonOf(request)) : undefined
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
    form.append(destination.field, file, file.name)
    request.open('POST', destination.path)
    request.setRequestHeader('accept', 'application/json, application/problem+json')
    request.setRequestHeader('idempotency-key', idempotencyKey)
    request.send(form)
  })
}

function jsonOf(request: XMLHttpRequest): unknown {
  try {
    return JSON.parse(request.responseText) as unknown
  } catch {
    return null
  }
}
