/** A client of Darkroom's API, as impatient as a phone on a train: what fails is tried again under the same key. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import sharp from 'sharp'

export interface Accepted {
  readonly id: string
  readonly name: string
  readonly operation: string
}

export interface Photo {
  readonly id: string
  readonly name: string
  readonly status: 'processing' | 'ready' | 'failed'
  readonly problem: { readonly code: string; readonly detail: string } | null
  readonly width: number | null
  readonly height: number | null
  readonly renditions: readonly {
    readonly url: string
    readonly width: number
    readonly height: number
    readonly format: string
    readonly bytes: number
  }[]
}

export interface NamedFile {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

const ATTEMPTS = 60
const WAIT_MS = 250

/** A small picture that looks like no other: noise of its own colour. */
export async function picture(seed: number, width = 800, height = 600): Promise<NamedFile> {
  const background = { r: (seed * 67) % 256, g: (seed * 149) % 256, b: (seed * 211) % 256 }
  const noise = { type: 'gaussian', mean: 40 + (seed % 120), sigma: 20 } as const
  const grain = await sharp({ create: { width, height, channels: 3, background, noise } })
    .png()
    .toBuffer()
  const bytes = await sharp({ create: { width, height, channels: 3, background } })
    .composite([{ input: grain, blend: 'overlay' }])
    .jpeg({ quality: 85 })
    .toBuffer()
  return { name: `picture-${seed}.jpg`, bytes: new Uint8Array(bytes) }
}

/** Whose requests they are: where Darkroom is, and the cookie that its login gave (test/login.ts). */
export interface Client {
  readonly url: string
  readonly cookie: string
}

/** One request with some files. */
export function post({ url, cookie }: Client, files: readonly NamedFile[], key?: string): Promise<Response> {
  const form = new FormData()
  for (const { name, bytes } of files) form.append('photo', new Blob([bytes]), name)
  const headers = { cookie, ...(key === undefined ? {} : { 'idempotency-key': key }) }
  return fetch(`${url}/api/photos`, { method: 'POST', body: form, headers, signal: AbortSignal.timeout(30_000) })
}

/** Uploads until the server has accepted: whatever is killed meanwhile, the same key makes it one upload. */
export async function upload(client: Client, files: readonly NamedFile[]): Promise<readonly Accepted[]> {
  const key = randomUUID()
  let last = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const answer = await post(client, files, key)
      if (answer.status === 202) return ((await answer.json()) as { photos: Accepted[] }).photos
      last = `${answer.status} ${await answer.text()}`
      if (answer.status < 500 && answer.status !== 429 && answer.status !== 409) break
    } catch (error) {
      last = String(error)
    }
    await sleep(WAIT_MS)
  }
  throw new Error(`the upload was not accepted: ${last}`)
}

export async function getPhoto({ url, cookie }: Client, id: string): Promise<Photo> {
  const answer = await fetch(`${url}/api/photos/${id}`, { headers: { cookie }, signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Photo
}

/** Every photo of the client, over all pages. */
export async function listPhotos({ url, cookie }: Client): Promise<readonly Photo[]> {
  const photos: Photo[] = []
  for (let after: string | null = ''; after !== null; ) {
    const answer: Response = await fetch(
      `${url}/api/photos?limit=100${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
      { headers: { cookie } },
    )
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
    const page = (await answer.json()) as { photos: Photo[]; next: string | null }
    photos.push(...page.photos)
    after = page.next
  }
  return photos
}
