/** The photos that were not made, a page at a time, and what is done about them. */
import { onReturn } from '../api/connection.ts'
import { listFailures, retryFailures } from '../api/failures.ts'
import { type Photo, retryPhoto } from '../api/photos.ts'
import { isAway, type Problem, problemOf } from '../api/problem.ts'
import { refreshArchive } from '../archive/archive.ts'
import { adopt } from '../developing/developing.ts'
import { toast } from '../shell/toasts.ts'
import { storeOf } from '../store.ts'
import { photosText } from '../words.ts'
import { failureCount, refreshFailureCount, setFailureCount } from './failure-count.ts'

const PAGE_PHOTOS = 50

export interface FailureList {
  readonly photos: readonly Photo[]
  /** Where the next page begins; `null` when there is none; `undefined` before the first. */
  readonly next: string | null | undefined
  readonly isLoading: boolean
  readonly problem: Problem | undefined
}

const UNKNOWN: FailureList = { photos: [], next: undefined, isLoading: false, problem: undefined }

export const failures = storeOf<FailureList>(UNKNOWN)

/** Begins anew: what was listed when the page was last open may be long over. */
export async function reloadFailures(): Promise<void> {
  failures.update(() => UNKNOWN)
  await loadFailures()
}

/** Loads the next page, unless one is on its way or there is none. */
export async function loadFailures(): Promise<void> {
  const { next, isLoading } = failures.get()
  if (isLoading || next === null) return
  failures.update((f) => ({ ...f, isLoading: true, problem: undefined }))
  try {
    const page = await listFailures(next ?? null, PAGE_PHOTOS)
    setFailureCount(page)
    failures.update(({ photos }) => ({ ...UNKNOWN, photos: [...photos, ...page.photos], next: page.next }))
  } catch (thrown) {
    failures.update((f) => ({ ...f, isLoading: false, problem: problemOf(thrown) }))
  }
}

/** Has one photo made again: it goes from here to the gallery, where it develops. */
export async function tryAgain({ id, name }: Photo): Promise<void> {
  try {
    adopt([await retryPhoto(id)])
    dropFailure(id)
    toast({ text: `“${name}” is being developed again` })
  } catch (thrown) {
    toast({ text: `“${name}” could not be tried again`, problem: problemOf(thrown) })
  }
  refreshFailureCount()
}

/** Has all photos made again that may work. */
export async function tryAllAgain(): Promise<void> {
  try {
    const count = await retryFailures()
    toast({
      text:
        count === 0
          ? 'Nothing was left to try'
          : `${photosText(count)} ${count === 1 ? 'is' : 'are'} being developed again`,
    })
    await Promise.all([reloadFailures(), refreshArchive()])
  } catch (thrown) {
    toast({ text: 'They could not be tried again', problem: problemOf(thrown) })
  }
}

/** It was deleted, for good as far as this page is concerned. */
export function forgetFailure({ id, status, canRetry }: Photo): void {
  if (status === 'ready' || status === 'processing') return
  dropFailure(id)
  const { count, retryable } = failureCount.get()
  setFailureCount({ count: count - 1, retryable: retryable - (status === 'failed' && canRetry ? 1 : 0) })
  refreshFailureCount()
}

function dropFailure(id: string): void {
  failures.update((f) => ({ ...f, photos: f.photos.filter((photo) => photo.id !== id) }))
}

onReturn(() => {
  const { problem } = failures.get()
  if (problem && isAway(problem)) void loadFailures()
})
