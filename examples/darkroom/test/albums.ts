/** Albums in tests of the API, as different people ask for them. */
import { type TestApp, testApp } from 'millrace/testing'
import app from '../app.ts'
import type { PhotoJson } from '../web/photo-json.ts'
import { picture } from './client.ts'
import { type Visitor, visitor } from './visitor.ts'

export interface ShownAlbum {
  readonly id: string
  readonly title: string
  readonly role: string
  readonly owner: { readonly account: string; readonly name: string }
  readonly count: number
  readonly cover: string | null
  readonly hasLinks: boolean
  readonly members: readonly {
    readonly account: string
    readonly name: string
    readonly email: string | null
    readonly role: string
  }[]
  readonly links: readonly { readonly id: string }[]
}

export const call = (who: Visitor, method: string, path: string, body?: unknown): Promise<Response> =>
  who.fetch(path, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
export const statusOf = async (answer: Promise<Response>): Promise<number> => (await answer).status
export const codeOf = async (answer: Promise<Response>): Promise<string> =>
  ((await (await answer).json()) as { code: string }).code

export const show = (who: Visitor, id: string) => who.json<ShownAlbum>(`/api/albums/${id}`)
export const list = async (who: Visitor) => (await who.json<{ albums: ShownAlbum[] }>('/api/albums')).albums
export const idsIn = async (who: Visitor, id: string) =>
  (await who.json<{ photos: PhotoJson[] }>(`/api/photos?album=${id}`)).photos.map((one) => one.id)
export const put = (who: Visitor, id: string, ...photoIds: string[]) =>
  statusOf(call(who, 'PUT', `/api/albums/${id}/photos`, { photoIds }))

/** Three people, a photo of Ada's and one of Grace's, and how Ada shares an album of hers. */
export async function openAlbums() {
  const t = await testApp(app)
  const url = await t.url()
  const [ada, grace, alan] = [await visitor(url, 'ada'), await visitor(url, 'grace'), await visitor(url, 'alan')]
  const [photo, graces] = [await uploaded(t, ada, 1), await uploaded(t, grace, 2)]
  const share = (id: string, email: string, role: string) =>
    call(ada, 'POST', `/api/albums/${id}/members`, { email, role })
  return { t, ada, grace, alan, photo, graces, share }
}

/** A photo of somebody, ready. */
export async function uploaded(t: TestApp, who: Visitor, seed: number): Promise<PhotoJson> {
  const { name, bytes } = await picture(seed, 64, 48)
  const [one] = await who.upload({ [name]: bytes })
  await t.untilIdle()
  return who.json<PhotoJson>(`/api/photos/${one?.id}`)
}
