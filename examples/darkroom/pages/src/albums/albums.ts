/** The albums that the reader has or was shown, as far as they are known. */
import { type Album, listAlbums } from '../api/albums.ts'
import { onReturn } from '../api/connection.ts'
import { isAway, type Problem, problemOf } from '../api/problem.ts'
import { storeOf } from '../store.ts'

interface Albums {
  readonly all: readonly Album[] | undefined
  readonly problem: Problem | undefined
}

export const albums = storeOf<Albums>({ all: undefined, problem: undefined })

export async function loadAlbums(): Promise<void> {
  try {
    const all = await listAlbums()
    albums.update(() => ({ all, problem: undefined }))
  } catch (thrown) {
    const problem = problemOf(thrown)
    albums.update(({ all }) => ({ all, problem }))
  }
}

/** It was deleted, or left: nobody should see it here while the list is asked for again. */
export function forgetAlbum(id: string): void {
  albums.update(({ all, problem }) => ({ all: all?.filter((album) => album.id !== id), problem }))
}

onReturn(() => {
  const { problem } = albums.get()
  if (problem && isAway(problem)) void loadAlbums()
})
