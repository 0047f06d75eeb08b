/** One photo, as large as fits, with what is known about it beside it. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { isOwn } from '../account/who.ts'
import type { Role } from '../api/albums.ts'
import type { Photo } from '../api/photos.ts'
import type { Problem } from '../api/problem.ts'
import type { PhotoList } from '../archive/photo-list.ts'
import { whyOf } from '../failures/why.ts'
import type { Item } from '../gallery/items.ts'
import { Picture } from '../gallery/picture.tsx'
import { labelOf, titleOf } from '../gallery/words.ts'
import { BackIcon, CloseIcon, DeleteIcon, ForwardIcon, InfoIcon } from '../shell/icons.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { closePhoto, openFailures, openPhoto } from '../shell/route.ts'
import { isTyping } from '../shell/typing.ts'
import { useStore } from '../store.ts'
import { startEditing, stopEditing } from './editing.ts'
import { Panel } from './panel.tsx'
import { usePhoto } from './use-photo.ts'
import { useSwipe } from './use-swipe.ts'

/** How many photos are loaded, at most, to find the neighbours of one that the server showed by itself. */
const SEARCHED_PHOTOS_MAX = 2_000

const NOT_HERE: Problem = {
  title: 'This photo is not here',
  detail: 'It may have been taken out, or its address is not whole.',
  status: 404,
}

interface PhotoViewProps {
  readonly id: string
  readonly items: readonly Item[]
  readonly list: PhotoList
  /** What hangs on the wall that it is opened from, and the reader comes back to. */
  readonly wall: 'gallery' | 'album'
  /** What the reader may do there. A guest has a public link, and knows no more of a photo than what its list says. */
  readonly reader: Role | 'guest'
  /** What the reader can do to be rid of a photo here, if anything. */
  readonly removal?: { readonly label: string; readonly run: (photo: Photo) => void }
}

export function PhotoView({ id, items, list, wall, reader, removal }: PhotoViewProps) {
  const photos = useMemo(() => items.flatMap((item) => (item.photo ? [item.photo] : [])), [items])
  const index = photos.findIndex((photo) => photo.id === id)
  const isMember = reader !== 'guest'
  const inView = usePhoto({ id, known: photos[index], list, isAsked: isMember })
  const isAllListed = useStore(list.now, (a) => a.next === null)
  const isElsewhere = wall === 'album' && isAllListed && index < 0
  const photo = isElsewhere ? undefined : inView.photo
  const canEdit = reader === 'owner' || reader === 'editor' || (photo !== undefined && isOwn(photo))
  const problem = isElsewhere ? NOT_HERE : inView.problem
  const previous = index > 0 ? photos[index - 1] : undefined
  const next = index >= 0 ? photos[index + 1] : undefined
  const [isPanelShown, setPanelShown] = useState(() => matchMedia('(min-width: 760px)').matches)
  const root = useRef<HTMLDivElement>(null)
  const stage = useRef<HTMLDivElement>(null)

  useNeighbours({
    list,
    index,
    count: photos.length,
    countMax: isMember ? SEARCHED_PHOTOS_MAX : Number.POSITIVE_INFINITY,
  })
  const goTo = useCallback((to: Photo | undefined) => {
    if (!to) return
    stopEditing()
    openPhoto(to.id)
  }, [])
  const close = useCallback(() => {
    stopEditing()
    closePhoto()
  }, [])
  const remove = useCallback(() => {
    if (!photo || !removal) return
    removal.run(photo)
    const other = next ?? previous
    if (other) goTo(other)
    else close()
  }, [photo, next, previous, goTo, close, removal])

  useEffect(() => root.current?.focus({ preventScroll: true }), [])
  useEffect(() => {
    if (photo) document.title = `${titleOf(photo)} · Darkroom`
  }, [photo])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return
      if (event.key === 'ArrowLeft' || event.key === 'h' || event.key === 'k') goTo(previous)
      else if (event.key === 'ArrowRight' || event.key === 'l' || event.key === 'j') goTo(next)
      else if (event.key === 'Escape') close()
      else if (event.key === 'i') setPanelShown((shown) => !shown)
      else if (event.key === 'Delete' || event.key === 'Backspace') remove()
      else if (event.key === 'e' && canEdit) {
        setPanelShown(true)
        startEditing('title')
      } else return
      event.preventDefault()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [previous, next, goTo, close, remove, canEdit])
  useSwipe(stage, { left: () => goTo(next), right: () => goTo(previous), down: close, up: () => setPanelShown(true) })

  return (
    <div
      ref={root}
      className="view"
      data-panel={isPanelShown}
      role="dialog"
      aria-modal="true"
      tabIndex={-1}
      aria-label={photo ? labelOf(photo) : 'Photo'}
    >
      <div className="view-stage" ref={stage}>
        {photo ? (
          <Large key={photo.id} photo={photo} />
        ) : problem ? (
          <Missing problem={problem} wall={wall} reload={inView.reload} onClose={close} />
        ) : null}
      </div>
      <div className="view-bar">
        <button
          type="button"
          className="button-icon"
          onClick={close}
          aria-label={`Back to the ${wall}`}
          title="Back (Esc)"
        >
          <CloseIcon />
        </button>
        {index >= 0 && (
          <p className="view-place">
            {index + 1} <span>of {photos.length}</span>
          </p>
        )}
        <div className="view-actions">
          {removal && (
            <button
              type="button"
              className="button-icon"
              onClick={remove}
              disabled={!photo}
              aria-label={removal.label}
              title={`${removal.label} (Del)`}
            >
              <DeleteIcon />
            </button>
          )}
          <button
            type="button"
            className="button-icon"
            onClick={() => setPanelShown(!isPanelShown)}
            aria-pressed={isPanelShown}
            aria-label="Details"
            title="Details (i)"
          >
            <InfoIcon />
          </button>
        </div>
      </div>
      <button
        type="button"
        className="view-step"
        data-to="previous"
        onClick={() => goTo(previous)}
        disabled={!previous}
        aria-label="Previous photo"
      >
        <BackIcon />
      </button>
      <button
        type="button"
        className="view-step"
        data-to="next"
        onClick={() => goTo(next)}
        disabled={!next}
        aria-label="Next photo"
      >
        <ForwardIcon />
      </button>
      {photo && (
        <Panel
          key={photo.id}
          inView={inView}
          photo={photo}
          isShown={isPanelShown}
          onShow={setPanelShown}
          isArchive={wall === 'gallery'}
          isMember={isMember}
          canEdit={canEdit}
        />
      )}
      <Ahead photos={[next, previous]} />
    </div>
  )
}

/** The picture in its frame; the frame has its size before the picture is there. */
function Large({ photo }: { readonly photo: Photo }) {
  if (photo.status !== 'ready') return <Unfinished photo={photo} />
  const width = photo.width ?? 3
  const height = photo.height ?? 2
  const ratio = width / height
  const shownWidth = Math.min(innerWidth, innerHeight * ratio)
  return (
    <div
      className="view-frame"
      style={{ aspectRatio: `${width} / ${height}`, width: `min(100cqw, ${100 * ratio}cqh, ${width}px)` }}
    >
      <Picture photo={photo} width={shownWidth} alt={photo.caption ?? titleOf(photo)} isUrgent />
    </div>
  )
}

function Unfinished({ photo }: { readonly photo: Photo }) {
  if (photo.status !== 'processing')
    return <ProblemNote problem={whyOf(photo)} action={{ label: 'What can be done', run: openFailures }} />
  return <p className="view-unfinished">This photo is still being developed. The gallery shows how far it is.</p>
}

function Missing({
  problem,
  wall,
  reload,
  onClose,
}: {
  readonly problem: Problem
  readonly wall: PhotoViewProps['wall']
  readonly reload: () => void
  readonly onClose: () => void
}) {
  const action =
    problem.status === 404 ? { label: `To the ${wall}`, run: onClose } : { label: 'Try again', run: reload }
  return (
    <ProblemNote
      problem={problem.status === 404 ? { ...problem, title: 'This photo is not here' } : problem}
      action={action}
    />
  )
}

/** The pictures to either side are fetched before they are asked for. */
function Ahead({ photos }: { readonly photos: readonly (Photo | undefined)[] }) {
  return (
    <div className="view-ahead" aria-hidden="true">
      {photos.map((photo) => photo && photo.status === 'ready' && <Large key={photo.id} photo={photo} />)}
    </div>
  )
}

interface Neighbours {
  readonly list: PhotoList
  /** Of the photo in view, among the `count` that are loaded; less than zero when it is not among them. */
  readonly index: number
  readonly count: number
  /** So many are searched for it. */
  readonly countMax: number
}

/** Loads on until the photo is found in the list, and past it, so that there is a next one. */
function useNeighbours({ list, index, count, countMax }: Neighbours): void {
  const { next, isLoading, problem } = useStore(list.now, (a) => a)
  useEffect(() => {
    const isNearEnd = index < 0 ? count < countMax : index > count - 10
    if (isNearEnd && next !== null && !isLoading && !problem) void list.loadMore()
  }, [list, index, count, countMax, next, isLoading, problem])
}
