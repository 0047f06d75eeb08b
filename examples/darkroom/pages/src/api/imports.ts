/** Imports as the API gives them, and the calls on them. */
import { send } from './http.ts'
import type { Photo } from './photos.ts'

export interface LeftOut {
  /** Its path in the archive. */
  readonly file: string
  readonly code: string
  readonly detail: string
}

export interface Import {
  readonly id: string
  /** Of the archive. */
  readonly name: string
  readonly bytes: number
  readonly uploadedAt: string
  readonly status: 'importing' | 'imported' | 'failed' | 'cancelled' | 'takenBack'
  readonly operation: string
  readonly problem: { readonly code: string; readonly detail: string } | null
  /** Whether more may come out of it when it goes on: it failed, was cancelled, or found no room for all of it. */
  readonly canRetry: boolean
  readonly photos: Readonly<Record<Photo['status'], number>>
  /** The first of them; `leftOutCount` counts all. */
  readonly leftOut: readonly LeftOut[]
  readonly leftOutCount: number
  /** The photos that became ready last. */
  readonly latest: readonly Photo[]
}

const pathOf = (id: string) => `/api/imports/${encodeURIComponent(id)}`

/** This visitor's imports that were not put away, newest first. */
export async function listImports(): Promise<readonly Import[]> {
  return (await send<{ imports: readonly Import[] }>('/api/imports')).body.imports
}

export async function getImport(id: string): Promise<Import> {
  return (await send<Import>(pathOf(id))).body
}

/** Deletes the photos that came out of it, and sees to it that none comes any more. Answers how many they were. */
export async function takeBackImport(id: string): Promise<number> {
  return (await send<{ photos: number }>(pathOf(id), { method: 'DELETE' })).body.photos
}

/** Goes on with one that failed, was cancelled, or met the end of the storage. */
export async function retryImport(id: string): Promise<Import> {
  return (await send<Import>(`${pathOf(id)}/retry`, { method: 'POST' })).body
}

/** Takes it off the list. */
export async function putAwayImport(id: string): Promise<void> {
  await send<null>(`${pathOf(id)}/put-away`, { method: 'POST' })
}
