/** Photos as the API gives them, and the calls on them. */
import type { Person } from './account.ts'
import { type Answer, send } from './http.ts'

export type RenditionFormat = 'avif' | 'webp' | 'jpeg'

export interface Rendition {
  readonly url: string
  readonly width: number
  readonly height: number
  readonly format: RenditionFormat
  readonly bytes: number
}

export interface Exposure {
  readonly time: string | null
  readonly aperture: number | null
  readonly iso: number | null
  readonly focalLength: number | null
}

export interface Position {
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number | null
}

export interface Photo {
  readonly id: string
  readonly name: string
  readonly title: string | null
  readonly caption: string | null
  readonly status: 'processing' | 'ready' | 'failed' | 'cancelled'
  readonly operation: string | null
  readonly problem: { readonly code: string; readonly detail: string } | null
  /** Of one that failed or was cancelled: whether another try may help. */
  readonly canRetry: boolean
  /** The import that it came out of. */
  readonly importId: string | null
  /** Not told to those who have only a public link, as is when it was uploaded. */
  readonly bytes: number | null
  readonly uploadedAt: string | null
  readonly takenAt: string | null
  /** Oriented; `null` until known. */
  readonly width: number | null
  readonly height: number | null
  readonly camera: string | null
  readonly lens: string | null
  readonly exposure: Exposure | null
  readonly position: Position | null
  /** Hex, the dominant one first. */
  readonly colours: readonly string[]
  /** A thumbhash in base64. */
  readonly placeholder: string | null
  readonly duplicateOf: string | null
  readonly renditions: readonly Rendition[]
  /** Whose it is: null when nobody knows, or nobody is told. */
  readonly owner: Person | null
}

export interface PhotoPage<P extends Photo = Photo> {
  readonly photos: readonly P[]
  /** The value for `after` of the next page. */
  readonly next: string | null
}

export interface DeletedPhoto extends Photo {
  readonly deletedAt: string
  /** When it goes for good by itself. */
  readonly goneAt: string
}

/** What can be edited; `null` empties it. */
export interface PhotoEdit {
  readonly title?: string | null
  readonly caption?: string | null
}

const pathOf = (id: string) => `/api/photos/${encodeURIComponent(id)}`

const pageOf = (after: string | null, limit: number) =>
  new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after }) })

export async function listPhotos(after: string | null, limit: number): Promise<PhotoPage> {
  return (await send<PhotoPage>(`/api/photos?${pageOf(after, limit)}`)).body
}

/** The reader's own that were deleted and are not gone yet, the last one first. */
export async function listDeleted(after: string | null, limit: number): Promise<PhotoPage<DeletedPhoto>> {
  return (await send<PhotoPage<DeletedPhoto>>(`/api/photos/deleted?${pageOf(after, limit)}`)).body
}

export function getPhoto(id: string, signal?: AbortSignal): Promise<Answer<Photo>> {
  return send<Photo>(pathOf(id), signal ? { signal } : {})
}

/** Edits title or caption if the photo is still what `etag` names; otherwise a problem with status 412. */
export function editPhoto(id: string, etag: string, edit: PhotoEdit): Promise<Answer<Photo>> {
  const headers = { 'content-type': 'application/merge-patch+json', 'if-match': etag }
  return send<Photo>(pathOf(id), { method: 'PATCH', headers, body: JSON.stringify(edit) })
}

/** Deletes; the server keeps the photo for 30 days, and `restorePhoto` brings it back. `keepalive` outlives the page. */
export async function deletePhoto(id: string, keepalive = false): Promise<void> {
  await send<null>(pathOf(id), { method: 'DELETE', keepalive })
}

/** Deletes a deleted photo for good, at once: its room is free again. */
export async function deleteForGood(id: string): Promise<void> {
  await send<null>(`${pathOf(id)}/deleted`, { method: 'DELETE' })
}

/** Has a photo made again that failed or was cancelled; it is then `processing`. */
export async function retryPhoto(id: string): Promise<Photo> {
  return (await send<Photo>(`${pathOf(id)}/retry`, { method: 'POST' })).body
}

export const originalOf = (id: string): string => `${pathOf(id)}/original`

export async function restorePhoto(id: string): Promise<Photo> {
  return (await send<Photo>(`${pathOf(id)}/restore`, { method: 'POST' })).body
}
