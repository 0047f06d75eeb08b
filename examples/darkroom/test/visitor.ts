/** Somebody who uses Darkroom's API in a test: a login, and the few requests that it takes. */
import type { Photo } from './client.ts'
import { login } from './login.ts'

export interface Visitor {
  /** The id of the account; empty for a stranger. */
  readonly account: string
  /** `name=value`, for the Cookie header; undefined for a stranger. */
  readonly cookie: string | undefined
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
  readonly json: <T>(path: string, init?: RequestInit) => Promise<T>
  readonly upload: (files: Readonly<Record<string, Uint8Array>>) => Promise<readonly Uploaded[]>
  readonly import: (
    archive: Uint8Array,
    options?: { readonly name?: string; readonly key?: string },
  ) => Promise<Response>
}

export interface Uploaded {
  readonly id: string
  readonly name: string
  readonly operation: string
}

export interface ShownImport {
  readonly id: string
  readonly name: string
  readonly status: 'importing' | 'imported' | 'failed' | 'cancelled' | 'takenBack'
  readonly operation: string
  readonly canRetry: boolean
  readonly photos: Readonly<Record<'processing' | 'ready' | 'failed' | 'cancelled', number>>
  readonly leftOut: readonly { readonly file: string; readonly code: string; readonly detail: string }[]
  readonly leftOutCount: number
  readonly latest: readonly Photo[]
}

export interface Failures {
  readonly photos: readonly (Photo & { readonly canRetry: boolean; readonly operation: string | null })[]
  readonly next: string | null
  readonly count: number
  readonly retryable: number
}

/** @param user one of app.ts, who logs in; without one, it is a stranger. */
export async function visitor(url: string, user?: string): Promise<Visitor> {
  const cookie = user === undefined ? undefined : await login(url, user)
  const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (cookie !== undefined && !headers.has('cookie')) headers.set('cookie', cookie)
    return fetch(`${url}${path}`, { redirect: 'manual', ...init, headers })
  }
  const json = async <T>(path: string, init?: RequestInit): Promise<T> => (await (await send(path, init)).json()) as T
  const { account } = cookie === undefined ? { account: '' } : await json<{ account: string }>('/identity/me')
  return {
    ...{ account, cookie },
    fetch: send,
    json,
    async upload(files) {
      const body = new FormData()
      for (const [name, bytes] of Object.entries(files)) body.append('photo', new Blob([Uint8Array.from(bytes)]), name)
      return (await json<{ photos: Uploaded[] }>('/api/photos', { method: 'POST', body })).photos
    },
    import(archive, { name = 'trip.zip', key } = {}) {
      const body = new FormData()
      body.append('archive', new Blob([Uint8Array.from(archive)]), name)
      return send('/api/imports', {
        method: 'POST',
        body,
        headers: key === undefined ? {} : { 'idempotency-key': key },
      })
    },
  }
}
