/** A client of Darkroom: uploads a photograph and waits until it is rendered. */
import { readFile } from 'node:fs/promises'

/** Seconds that one question after an operation waits for its end. */
const WAIT_S = 20
const ASKS_MAX = 30

export interface Uploaded {
  readonly id: string
  /** Path of the operation that renders it. */
  readonly operation: string
}

export async function upload(url: string, path: string, name: string): Promise<Uploaded> {
  const form = new FormData()
  form.append('photo', new Blob([new Uint8Array(await readFile(path))]), name)
  const answer = await fetch(`${url}/api/photos`, { method: 'POST', body: form })
  if (answer.status !== 202) throw new Error(`an upload was answered ${answer.status}: ${await answer.text()}`)
  const { photos } = (await answer.json()) as { readonly photos: readonly Uploaded[] }
  const [photo] = photos
  if (photo === undefined) throw new Error('an upload was accepted without a photo')
  return photo
}

/** Resolves when the photo is rendered. @throws when it failed, or never ends */
export async function rendered(url: string, { operation }: Uploaded): Promise<void> {
  for (let asks = 0; asks < ASKS_MAX; asks += 1) {
    const answer = await fetch(`${url}${operation}?wait=${WAIT_S}`, { redirect: 'manual' })
    const text = await answer.text()
    if (answer.status === 303) return
    if (answer.status !== 200) throw new Error(`a photo was not rendered: ${answer.status} ${text}`)
  }
  throw new Error(`${operation} has not ended after ${ASKS_MAX * WAIT_S} s`)
}

/** Bytes of all renditions of a photo. */
export async function renditionBytes(url: string, { id }: Uploaded): Promise<number> {
  const answer = await fetch(`${url}/api/photos/${id}`)
  const photo = (await answer.json()) as { readonly renditions: readonly { readonly bytes: number }[] }
  return photo.renditions.reduce((sum, { bytes }) => sum + bytes, 0)
}
