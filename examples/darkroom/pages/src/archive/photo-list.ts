/** Photos loaded a page at a time, wherever they come from: the archive, an album, a public link, what was deleted. */
import { onReturn } from '../api/connection.ts'
import type { Photo, PhotoPage } from '../api/photos.ts'
import { isAway, type Problem, problemOf } from '../api/problem.ts'
import { type Store, storeOf } from '../store.ts'

const PAGE_PHOTOS = 80
/** In one request, when pages are fetched once more. */
const REFRESH_PHOTOS = 200
/** A refresh that meets a page on its way comes after it. */
const AGAIN_MS = 500

export interface Listed<P extends Photo = Photo> {
  readonly photos: readonly P[]
  /** Where the next page begins; `null` when there is none; `undefined` before the first. */
  readonly next: string | null | undefined
  readonly isLoading: boolean
  readonly problem: Problem | undefined
}

export interface PhotoList<P extends Photo = Photo> {
  readonly now: Store<Listed<P>>
  /** Loads the next page, unless one is on its way or there is none. A failure stands in the store until the next try. */
  readonly loadMore: () => Promise<void>
  /** Fetches once more as much as is loaded: photos have come, or gone, that nobody has added or taken on this page. */
  readonly refresh: () => Promise<void>
  /** Puts a newer state of a photo in the place of the older one; what only a list tells of it stays. */
  readonly replace: (photo: Photo) => void
  /** Takes a photo out, for good. */
  readonly drop: (id: string) => void
  /** Loads no more by itself when the server is back. */
  readonly leave: () => void
}

/** Of what `fetchPage` brings, `isShown` are listed: on a wall, those that are ready. */
export function photoListOf<P extends Photo = Photo>(
  fetchPage: (after: string | null, limit: number) => Promise<PhotoPage<P>>,
  isShown: (photo: P) => boolean = ({ status }) => status === 'ready',
): PhotoList<P> {
  const now = storeOf<Listed<P>>({ photos: [], next: undefined, isLoading: false, problem: undefined })
  const begin = () => now.update((a) => ({ ...a, isLoading: true, problem: undefined }))
  const fail = (thrown: unknown) => now.update((a) => ({ ...a, isLoading: false, problem: problemOf(thrown) }))

  const loadMore = async () => {
    const { next, isLoading } = now.get()
    if (isLoading || next === null) return
    begin()
    try {
      const page = await fetchPage(next ?? null, PAGE_PHOTOS)
      now.update((a) => ({
        photos: withoutRepeats([...a.photos, ...page.photos.filter(isShown)]),
        next: page.next,
        isLoading: false,
        problem: undefined,
      }))
    } catch (thrown) {
      fail(thrown)
    }
  }

  const refresh = async (): Promise<void> => {
    const { photos: loaded, isLoading } = now.get()
    if (isLoading) return void setTimeout(() => void refresh(), AGAIN_MS)
    begin()
    try {
      const fresh: P[] = []
      let next: string | null = null
      do {
        const page: PhotoPage<P> = await fetchPage(next, REFRESH_PHOTOS)
        fresh.push(...page.photos.filter(isShown))
        next = page.next
      } while (next !== null && fresh.length < loaded.length)
      now.update(() => ({ photos: withoutRepeats(fresh), next, isLoading: false, problem: undefined }))
    } catch (thrown) {
      fail(thrown)
    }
  }

  const leave = onReturn(() => {
    const { problem } = now.get()
    if (problem && isAway(problem)) void loadMore()
  })
  return {
    now,
    loadMore,
    refresh,
    replace: (photo) =>
      now.update((a) => ({
        ...a,
        photos: a.photos.map((known) => (known.id === photo.id ? { ...known, ...photo } : known)),
      })),
    drop: (id) => now.update((a) => ({ ...a, photos: a.photos.filter((photo) => photo.id !== id) })),
    leave,
  }
}

/** A photo that was added while the pages came can be on two of them. */
function withoutRepeats<P extends Photo>(photos: readonly P[]): readonly P[] {
  return [...new Map(photos.map((photo) => [photo.id, photo])).values()]
}
