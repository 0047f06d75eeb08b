/** The photos loaded so far, newest first, a page at a time. */
import { onReturn } from '../api/connection.ts'
import { listPhotos, type Photo, type PhotoPage } from '../api/photos.ts'
import { isAway, type Problem, problemOf } from '../api/problem.ts'
import { adoptUnfinished } from '../developing/developing.ts'
import { storeOf } from '../store.ts'

const PAGE_PHOTOS = 80
/** In one request, when pages are fetched once more. */
const REFRESH_PHOTOS = 200
/** A refresh that meets a page on its way comes after it. */
const AGAIN_MS = 500

export interface Archive {
  readonly photos: readonly Photo[]
  /** Where the next page begins; `null` when there is none; `undefined` before the first. */
  readonly next: string | null | undefined
  readonly isLoading: boolean
  readonly problem: Problem | undefined
}

export const archive = storeOf<Archive>({ photos: [], next: undefined, isLoading: false, problem: undefined })

/** Loads the next page, unless one is on its way or there is none. A failure stands in the store until the next try. */
export async function loadMore(): Promise<void> {
  const { next, isLoading } = archive.get()
  if (isLoading || next === null) return
  archive.update((a) => ({ ...a, isLoading: true, problem: undefined }))
  try {
    const page = await listPhotos(next ?? null, PAGE_PHOTOS)
    adoptUnfinished(page.photos)
    archive.update((a) => ({
      photos: withoutRepeats([...a.photos, ...page.photos.filter((photo) => photo.status === 'ready')]),
      next: page.next,
      isLoading: false,
      problem: undefined,
    }))
  } catch (thrown) {
    archive.update((a) => ({ ...a, isLoading: false, problem: problemOf(thrown) }))
  }
}

/** Fetches once more as much as is loaded: photos have come, or gone, that nobody has uploaded or deleted on this page. */
export async function refreshArchive(): Promise<void> {
  const { photos: loaded, isLoading } = archive.get()
  if (isLoading) return void setTimeout(() => void refreshArchive(), AGAIN_MS)
  archive.update((a) => ({ ...a, isLoading: true, problem: undefined }))
  try {
    const fresh: Photo[] = []
    let next: string | null = null
    do {
      const page: PhotoPage = await listPhotos(next, REFRESH_PHOTOS)
      adoptUnfinished(page.photos)
      fresh.push(...page.photos.filter((photo) => photo.status === 'ready'))
      next = page.next
    } while (next !== null && fresh.length < loaded.length)
    archive.update(() => ({ photos: withoutRepeats(fresh), next, isLoading: false, problem: undefined }))
  } catch (thrown) {
    archive.update((a) => ({ ...a, isLoading: false, problem: problemOf(thrown) }))
  }
}

/** Puts a newer state of a photo in the place of the older one. */
export function replacePhoto(photo: Photo): void {
  archive.update((a) => ({ ...a, photos: a.photos.map((known) => (known.id === photo.id ? photo : known)) }))
}

/** Takes a photo out, for good. */
export function dropPhoto(id: string): void {
  archive.update((a) => ({ ...a, photos: a.photos.filter((photo) => photo.id !== id) }))
}

/** A photo that was uploaded while the pages came can be on two of them. */
function withoutRepeats(photos: readonly Photo[]): readonly Photo[] {
  return [...new Map(photos.map((photo) => [photo.id, photo])).values()]
}

onReturn(() => {
  const { problem } = archive.get()
  if (problem && isAway(problem)) void loadMore()
})
