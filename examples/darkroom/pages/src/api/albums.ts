/** Albums as the API gives them: one's own, and those that others have shared. */
import type { Person } from './account.ts'
import { send } from './http.ts'
import type { Photo, PhotoPage } from './photos.ts'

export type Role = 'owner' | 'editor' | 'viewer'
/** What an album can be shared as. */
export type GivenRole = Exclude<Role, 'owner'>

export interface Member extends Person {
  /** People of one name are told apart by it. */
  readonly email?: string | null
  readonly role: GivenRole
}

export interface Link {
  readonly id: string
  readonly createdAt: string
  readonly expiresAt: string
}

export interface Album {
  readonly id: string
  readonly title: string
  /** What the reader may do with it. */
  readonly role: Role
  readonly owner: Person
  readonly count: number
  /** The path of a picture. */
  readonly cover: string | null
  readonly createdAt: string
  /** Whoever has a public link sees it. */
  readonly hasLinks?: boolean
}

/** An album asked for by itself: its owner is told who sees it. */
export interface WholeAlbum extends Album {
  readonly members?: readonly Member[]
  readonly links?: readonly Link[]
}

/** A link as it is told once, to be passed on. */
export interface NewLink {
  readonly id: string
  /** A path. */
  readonly url: string
  readonly expiresAt: string
}

const pathOf = (id: string) => `/api/albums/${encodeURIComponent(id)}`

const withJson = (method: 'POST' | 'PUT' | 'PATCH', value: unknown) => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

export const listAlbums = async (): Promise<readonly Album[]> =>
  (await send<{ albums: readonly Album[] }>('/api/albums')).body.albums

export const getAlbum = async (id: string): Promise<WholeAlbum> => (await send<WholeAlbum>(pathOf(id))).body

export const createAlbum = async (title: string): Promise<Album> =>
  (await send<Album>('/api/albums', withJson('POST', { title }))).body

export async function renameAlbum(id: string, title: string): Promise<void> {
  await send<unknown>(pathOf(id), withJson('PATCH', { title }))
}

/** Its photos stay in the archive. */
export async function deleteAlbum(id: string): Promise<void> {
  await send<null>(pathOf(id), { method: 'DELETE' })
}

export async function listAlbumPhotos(id: string, after: string | null, limit: number): Promise<PhotoPage> {
  const query = new URLSearchParams({ album: id, limit: String(limit), ...(after === null ? {} : { after }) })
  return (await send<PhotoPage>(`/api/photos?${query}`)).body
}

/** The server takes so many in one request. */
const PUT_MAX = 500

/** Those that are in it already stay in it: after a failure half way, doing it again is right. */
export async function addPhotos(id: string, photoIds: readonly string[]): Promise<void> {
  for (let from = 0; from < photoIds.length; from += PUT_MAX)
    await send<null>(`${pathOf(id)}/photos`, withJson('PUT', { photoIds: photoIds.slice(from, from + PUT_MAX) }))
}

export async function takePhotoOut(id: string, photoId: string): Promise<void> {
  await send<null>(`${pathOf(id)}/photos/${encodeURIComponent(photoId)}`, { method: 'DELETE' })
}

export const addMember = async (id: string, email: string, role: GivenRole): Promise<Member> =>
  (await send<Member>(`${pathOf(id)}/members`, withJson('POST', { email, role }))).body

const pathOfMember = (id: string, account: string) => `${pathOf(id)}/members/${encodeURIComponent(account)}`

export async function changeMember(id: string, account: string, role: GivenRole): Promise<void> {
  await send<unknown>(pathOfMember(id, account), withJson('PATCH', { role }))
}

export async function removeMember(id: string, account: string): Promise<void> {
  await send<null>(pathOfMember(id, account), { method: 'DELETE' })
}

export const createLink = async (id: string, days: number): Promise<NewLink> =>
  (await send<NewLink>(`${pathOf(id)}/links`, withJson('POST', { days }))).body

export async function revokeLink(id: string, linkId: string): Promise<void> {
  await send<null>(`${pathOf(id)}/links/${encodeURIComponent(linkId)}`, { method: 'DELETE' })
}

/** An album behind a public link. */
export interface SharedPage extends PhotoPage {
  readonly title: string
  /** The name of who shares it. */
  readonly owner: string
}

/** What of a photo is for those alone who have logged in. */
const UNTOLD: Partial<Photo> = {
  status: 'ready',
  operation: null,
  problem: null,
  canRetry: false,
  importId: null,
  owner: null,
  bytes: null,
  uploadedAt: null,
  position: null,
  duplicateOf: null,
}

export async function listShared(token: string, after: string | null, limit: number): Promise<SharedPage> {
  const query = new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after }) })
  const { body } = await send<SharedPage>(`/api/shared/${encodeURIComponent(token)}?${query}`)
  return { ...body, photos: body.photos.map((photo) => ({ ...UNTOLD, ...photo })) }
}
