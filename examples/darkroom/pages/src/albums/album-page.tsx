/** One album: its photos on the wall, and what the reader may do with them. */
import { useCallback, useEffect, useMemo, useState } from 'react'
import { isOwn } from '../account/who.ts'
import { addPhotos, getAlbum, listAlbumPhotos, takePhotoOut, type WholeAlbum } from '../api/albums.ts'
import type { Photo } from '../api/photos.ts'
import { orGone, type Problem, problemOf } from '../api/problem.ts'
import { photoListOf } from '../archive/photo-list.ts'
import { toggleSelected, unselect } from '../archive/selection.ts'
import { useListedItems } from '../gallery/use-items.ts'
import { Wall } from '../gallery/wall.tsx'
import { PageLink } from '../shell/page-link.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { PATH_OF_ALBUMS } from '../shell/route.ts'
import { toast } from '../shell/toasts.ts'
import { useRetryOnReturn } from '../shell/use-retry.ts'
import { openToEdit } from '../view/editing.ts'
import { PhotoView } from '../view/photo-view.tsx'
import { photosText } from '../words.ts'
import { AlbumHead } from './album-head.tsx'
import { SelectionBar } from './selection-bar.tsx'

export function AlbumPage({ id, viewedId }: { readonly id: string; readonly viewedId: string | undefined }) {
  const [album, setAlbum] = useState<WholeAlbum>()
  const [problem, setProblem] = useState<Problem>()
  const list = useMemo(() => photoListOf((after, limit) => listAlbumPhotos(id, after, limit)), [id])
  const items = useListedItems(list)
  const load = useCallback(async () => {
    try {
      setAlbum(await getAlbum(id))
      setProblem(undefined)
    } catch (thrown) {
      setProblem(problemOf(thrown))
    }
  }, [id])
  useRetryOnReturn(problem, load)
  useEffect(() => {
    void load()
    return list.leave
  }, [load, list])
  useEffect(() => {
    if (viewedId === undefined) document.title = `${album?.title ?? 'Album'} · Darkroom`
  }, [album, viewedId])

  const canChange = album !== undefined && album.role !== 'viewer'
  const putBack = useCallback(
    async (photos: readonly string[]) => {
      try {
        await addPhotos(id, photos)
      } catch (thrown) {
        toast({ text: `${photosText(photos.length)} could not be put back`, problem: problemOf(thrown) })
      }
      await Promise.all([list.refresh(), load()])
    },
    [id, list, load],
  )
  const takeOut = useCallback(
    async (photos: readonly string[]) => {
      const listed = list.now.get().photos
      const taken: string[] = []
      let failed: Problem | undefined
      for (const photo of photos) {
        try {
          await orGone(takePhotoOut(id, photo))
        } catch (thrown) {
          failed = problemOf(thrown)
          break // what is still selected can be tried again
        }
        unselect(photo)
        list.drop(photo)
        taken.push(photo)
      }
      // nobody but its owner can put a photo into an album
      const own = listed.filter((photo) => taken.includes(photo.id) && isOwn(photo)).map((photo) => photo.id)
      const label = own.length === taken.length ? 'Undo' : `Put ${photosText(own.length)} back`
      const done = `${photosText(taken.length)} taken out of the album`
      toast({
        text: !failed ? done : taken.length > 0 ? `${done}, no more` : 'Could not take it out of the album',
        ...(failed ? { problem: failed } : {}),
        ...(own.length > 0 ? { action: { label, run: () => void putBack(own) } } : {}),
      })
      void load()
    },
    [id, list, load, putBack],
  )
  const acts = useMemo(
    () =>
      canChange
        ? {
            select: (photo: Photo) => toggleSelected(photo.id),
            remove: (photo: Photo) => void takeOut([photo.id]),
            edit: openToEdit,
          }
        : {},
    [canChange, takeOut],
  )
  if (problem && !album) return <NoAlbum problem={problem} retry={() => void load()} />
  return (
    <>
      <Wall
        title={album?.title ?? 'Album'}
        items={items}
        list={list}
        viewedId={viewedId}
        isReady={album !== undefined}
        acts={acts}
        above={<AlbumHead album={album} isFocused={viewedId === undefined} onChange={load} />}
        empty={
          <p className="page-empty">
            {canChange ? 'Nothing in it yet. “Add photos” shows your archive, to choose from.' : 'Nothing in it yet.'}
          </p>
        }
      />
      {viewedId !== undefined && (
        <PhotoView
          id={viewedId}
          items={items.all}
          list={list}
          wall="album"
          reader={album?.role ?? 'viewer'}
          {...(canChange
            ? { removal: { label: 'Take out of the album', run: (photo: Photo) => void takeOut([photo.id]) } }
            : {})}
        />
      )}
      {canChange && (
        <SelectionBar
          isInert={viewedId !== undefined}
          action={{ label: 'Take out of the album', run: (ids) => void takeOut(ids) }}
        />
      )}
    </>
  )
}

function NoAlbum({ problem, retry }: { readonly problem: Problem; readonly retry: () => void }) {
  const isGone = problem.status === 404 || problem.status === 403 || problem.status === 400
  return (
    <main className="page">
      <header className="page-head">
        <h1>{isGone ? 'This album is not here' : 'Album'}</h1>
      </header>
      {isGone ? (
        <>
          <p className="page-empty">It was deleted, or it is no longer shared with you.</p>
          <PageLink to={PATH_OF_ALBUMS} className="button-primary">
            To the albums
          </PageLink>
        </>
      ) : (
        <ProblemNote problem={problem} action={{ label: 'Try again', run: retry }} />
      )}
    </main>
  )
}
