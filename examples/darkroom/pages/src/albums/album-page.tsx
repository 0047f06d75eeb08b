/** One album: its photos on the wall, and what the reader may do with them. */
import { useCallback, useEffect, useMemo, useState } from 'react'
import { account } from '../account/who.ts'
import {
  deleteAlbum,
  getAlbum,
  listAlbumPhotos,
  removeMember,
  renameAlbum,
  takePhotoOut,
  type WholeAlbum,
} from '../api/albums.ts'
import type { Photo } from '../api/photos.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { photoListOf } from '../archive/photo-list.ts'
import { clearSelection, toggleSelected } from '../archive/selection.ts'
import { useListedItems } from '../gallery/use-items.ts'
import { Wall } from '../gallery/wall.tsx'
import { photosText } from '../imports/words.ts'
import { BackIcon } from '../shell/icons.tsx'
import { PageLink } from '../shell/page-link.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { go, openGallery, PATH_OF_ALBUMS } from '../shell/route.ts'
import { Sheet } from '../shell/sheet.tsx'
import { toast } from '../shell/toasts.ts'
import { useTitleFocus } from '../shell/use-title-focus.ts'
import { useStore } from '../store.ts'
import { PhotoView } from '../view/photo-view.tsx'
import { SelectionBar } from './selection-bar.tsx'
import { ShareSheet } from './share-sheet.tsx'
import { TitleForm } from './title-form.tsx'
import { standingText } from './words.ts'

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
  useEffect(() => {
    void load()
    return list.leave
  }, [load, list])
  useEffect(() => {
    if (viewedId === undefined) document.title = `${album?.title ?? 'Album'} · Darkroom`
  }, [album, viewedId])

  const canChange = album !== undefined && album.role !== 'viewer'
  const takeOut = useCallback(
    async (photos: readonly string[]) => {
      clearSelection()
      try {
        for (const photo of photos) {
          await takePhotoOut(id, photo)
          list.drop(photo)
        }
        toast({ text: `${photosText(photos.length)} taken out of the album` })
      } catch (thrown) {
        toast({ text: 'Could not take it out of the album', problem: problemOf(thrown) })
        void list.refresh()
      }
      void load()
    },
    [id, list, load],
  )
  const acts = useMemo(
    () =>
      canChange
        ? {
            select: (photo: Photo) => toggleSelected(photo.id),
            remove: (photo: Photo) => void takeOut([photo.id]),
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
            {canChange ? 'Nothing in it yet. Select photos in the archive, then “Add to album”.' : 'Nothing in it yet.'}
          </p>
        }
      />
      {viewedId !== undefined && (
        <PhotoView
          id={viewedId}
          items={items.all}
          list={list}
          isOwn={false}
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

type Open = 'share' | 'rename' | 'delete' | 'leave' | undefined

/** Takes its room before the album is known. */
function AlbumHead({
  album,
  isFocused,
  onChange,
}: {
  readonly album: WholeAlbum | undefined
  readonly isFocused: boolean
  readonly onChange: () => Promise<void>
}) {
  const title = useTitleFocus(isFocused)
  const me = useStore(account, (known) => known?.account)
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  return (
    <>
      <PageLink to={PATH_OF_ALBUMS} className="failures-back">
        <BackIcon /> Albums
      </PageLink>
      <header className="page-head album-head">
        <div>
          <h1 ref={title} tabIndex={-1} title={album?.title}>
            {album?.title ?? <span className="visually-hidden">Album</span>}
          </h1>
          <p>{album ? `${photosText(album.count)} · ${standingText(album)}` : '\u00a0'}</p>
        </div>
        <div className="page-actions">
          {album && album.role !== 'viewer' && (
            <button type="button" className="button" onClick={toArchive}>
              Add photos
            </button>
          )}
          {album && album.role !== 'owner' && (
            <button type="button" className="button" onClick={() => setOpen('leave')}>
              Leave
            </button>
          )}
          {album?.role === 'owner' && (
            <>
              <button type="button" className="button" onClick={() => setOpen('rename')}>
                Rename
              </button>
              <button type="button" className="button" onClick={() => setOpen('delete')}>
                Delete
              </button>
              <button type="button" className="button-primary" onClick={() => setOpen('share')}>
                Share
              </button>
            </>
          )}
        </div>
      </header>
      {album && open === 'share' && <ShareSheet album={album} onChange={onChange} onClose={close} />}
      {album && open === 'rename' && (
        <Sheet title="Rename album" onClose={close}>
          <TitleForm
            label="Title"
            action="Rename"
            initial={album.title}
            save={async (title) => {
              await renameAlbum(album.id, title)
              await onChange()
              close()
            }}
          />
        </Sheet>
      )}
      {album && open === 'delete' && (
        <GoingSheet
          title={`Delete “${album.title}”?`}
          words="Its photos stay in the archive. Whoever it is shared with sees it no more, and its public links end."
          action="Delete album"
          run={() => deleteAlbum(album.id)}
          gone={`“${album.title}” deleted`}
          onClose={close}
        />
      )}
      {album && me !== undefined && open === 'leave' && (
        <GoingSheet
          title={`Leave “${album.title}”?`}
          words={`You see it no more, until ${album.owner.name} shares it with you again.`}
          action="Leave album"
          run={() => removeMember(album.id, me)}
          gone={`You have left “${album.title}”`}
          onClose={close}
        />
      )}
    </>
  )
}

function toArchive(): void {
  openGallery()
  toast({ text: 'Select photos with their tick or the key x, then “Add to album”' })
}

interface GoingSheetProps {
  readonly title: string
  readonly words: string
  readonly action: string
  readonly run: () => Promise<void>
  /** What is said when it is done. */
  readonly gone: string
  readonly onClose: () => void
}

/** Asks before the album goes from the reader's sight. */
function GoingSheet({ title, words, action, run, gone, onClose }: GoingSheetProps) {
  const [problem, setProblem] = useState<Problem>()
  const confirm = async () => {
    try {
      await run()
      go(PATH_OF_ALBUMS)
      toast({ text: gone })
    } catch (thrown) {
      setProblem(problemOf(thrown))
    }
  }
  return (
    <Sheet title={title} onClose={onClose}>
      <p>{words}</p>
      {problem && <ProblemNote problem={problem} />}
      <div className="sheet-actions">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="button-primary" onClick={() => void confirm()}>
          {action}
        </button>
      </div>
    </Sheet>
  )
}
