/** One photo, from what the list knows to what the server says now, with the ETag that an edit must name. */
import { useCallback, useEffect, useState } from 'react'
import { serverThere } from '../api/connection.ts'
import { editPhoto, getPhoto, type Photo, type PhotoEdit } from '../api/photos.ts'
import { isAway, type Problem, problemOf } from '../api/problem.ts'
import { replacePhoto } from '../archive/archive.ts'
import type { PhotoList } from '../archive/photo-list.ts'
import { replaceFinished } from '../developing/developing.ts'

export type SaveOutcome =
  | { readonly kind: 'saved' }
  /** Someone else changed the photo meanwhile; `theirs` is what it is now. Saving again overwrites it. */
  | { readonly kind: 'conflict'; readonly theirs: Photo }
  | { readonly kind: 'failed'; readonly problem: Problem }

export interface PhotoInView {
  readonly photo: Photo | undefined
  readonly problem: Problem | undefined
  readonly save: (edit: PhotoEdit) => Promise<SaveOutcome>
  readonly reload: () => void
}

interface Wanted {
  readonly id: string
  /** What its list says of it. */
  readonly known: Photo | undefined
  readonly list: PhotoList
  /** The server is asked for it by itself. Otherwise it is what its list says. */
  readonly isAsked: boolean
}

export function usePhoto({ id, known, list, isAsked }: Wanted): PhotoInView {
  const [fetched, setFetched] = useState<{ readonly photo: Photo; readonly etag: string | null }>()
  const [problem, setProblem] = useState<Problem>()
  const [tries, setTries] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: `tries` asks again
  useEffect(() => {
    if (!isAsked) return
    const leave = new AbortController()
    setProblem(undefined)
    getPhoto(id, leave.signal).then(
      ({ body, etag }) => {
        setFetched({ photo: body, etag })
        publish(body, list)
      },
      async (thrown: unknown) => {
        if (leave.signal.aborted) return
        const found = problemOf(thrown)
        setProblem(found)
        if (!isAway(found)) return
        await serverThere()
        if (!leave.signal.aborted) setTries((n) => n + 1)
      },
    )
    return () => leave.abort()
  }, [id, tries, list, isAsked])

  const current = fetched?.photo.id === id ? fetched : undefined
  const etag = current?.etag ?? null
  const save = useCallback(
    async (edit: PhotoEdit): Promise<SaveOutcome> => {
      try {
        const tag = etag ?? (await getPhoto(id)).etag ?? '*'
        const { body, etag: newTag } = await editPhoto(id, tag, edit)
        setFetched({ photo: body, etag: newTag })
        publish(body, list)
        return { kind: 'saved' }
      } catch (thrown) {
        const found = problemOf(thrown)
        if (found.status !== 412) return { kind: 'failed', problem: found }
      }
      try {
        const { body: theirs, etag: newTag } = await getPhoto(id)
        setFetched({ photo: theirs, etag: newTag })
        publish(theirs, list)
        return { kind: 'conflict', theirs }
      } catch (thrown) {
        return { kind: 'failed', problem: problemOf(thrown) }
      }
    },
    [id, etag, list],
  )
  return {
    photo: current ? { ...known, ...current.photo } : known,
    problem,
    save,
    reload: () => setTries((n) => n + 1),
  }
}

/** The walls show what is newest. */
function publish(photo: Photo, list: PhotoList): void {
  if (photo.status !== 'ready') return
  list.replace(photo)
  replacePhoto(photo)
  replaceFinished(photo)
}
