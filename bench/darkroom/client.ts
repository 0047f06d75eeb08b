/** A client of Darkroom: uploads a photograph and waits until it is rendered. */
import { readFile } from 'node:fs/promises'

/** Seconds that one question after an operation waits for its end. */
const WAIT_S = 20
const ASKS_MAX = 30

/** Where Darkroom is, and the cookie of whoever has logged in there. */
export interface Session {
  readonly url: string
  readonly cookie: string
}

export interface Uploaded {
  readonly id: string
  /** Path of the operation that renders it. */
  readonly operation: string
}

export async function upload({ url, cookie }: Session, path: string, name: string): Promise<Uploaded> {
  const form = new FormData()
  form.append('photo', new Blob([new Uint8Array(await readFile(path))]), name)
  const answer = await fetch(`${url}/api/photos`, { method: 'POST', body: form, headers: { cookie } })
  if (answer.status !== 202) throw new Error(`an upload was answered ${answer.status}: ${await answer.text()}`)
  const { photos } = (await answer.json()) as { readonly photos: readonly Uploaded[] }
  const [photo] = photos
  if (photo === undefined) throw new Error('an upload was accepted without a photo')
  return photo
}

/** Resolves when the photo is rendered. @throws when it failed, or never ends */
export async function rendered({ url, cookie }: Session, { operation }: Uploaded): Promise<void> {
  for (let asks = 0; asks < ASKS_MAX; asks += 1) {
    const answer = await fetch(`${url}${operation}?wait=${WAIT_S}`, { redirect: 'manual', headers: { cookie } })
    const text = await answer.text()
    if (answer.status === 303) return
    if (answer.status !== 200) throw new Error(`a photo was not rendered: ${answer.status} ${text}`)
  }
  throw new Error(`${operation} has not ended after ${ASKS_MAX * WAIT_S} s`)
}

/** Bytes of all renditions of a photo. */
export async function renditionBytes({ url, cookie }: Session, { id }: Uploaded): Promise<number> {
  const answer = await fetch(`${url}/api/photos/${id}`, { headers: { cookie } })
  const photo = (await answer.json()) as { readonly renditions: readonly { readonly bytes: number }[] }
  return photo.renditions.reduce((sum, { bytes }) => sum + bytes, 0)
}
