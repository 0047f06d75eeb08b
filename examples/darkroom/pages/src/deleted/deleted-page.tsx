/** What was deleted and is not gone yet: to be brought back, or to be gone at once, which makes room. */
import { useEffect, useMemo, useRef, useState } from 'react'
import { DELETED_DAYS_KEPT } from '../../../contract/limits.ts'
import { type DeletedPhoto, deleteForGood, listDeleted, restorePhoto } from '../api/photos.ts'
import { orGone, problemOf } from '../api/problem.ts'
import { refreshArchive } from '../archive/archive.ts'
import { type PhotoList, photoListOf } from '../archive/photo-list.ts'
import { flushRemovals, removed, showAgain } from '../archive/removal.ts'
import { refreshFailureCount } from '../failures/failure-count.ts'
import { titleOf } from '../gallery/words.ts'
import { BackIcon } from '../shell/icons.tsx'
import { PageLink } from '../shell/page-link.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { PATH_OF_ACCOUNT } from '../shell/route.ts'
import { toast } from '../shell/toasts.ts'
import { useTitleFocus } from '../shell/use-title-focus.ts'
import { useStore } from '../store.ts'
import { photosText } from '../words.ts'
import { DeletedCard } from './deleted-card.tsx'
import { ForGoodSheet } from './for-good-sheet.tsx'

export function DeletedPage() {
  const list = useMemo(() => photoListOf<DeletedPhoto>(listDeleted, () => true), [])
  const { photos, next, isLoading, problem } = useStore(list.now, (now) => now)
  const [asked, setAsked] = useState<readonly DeletedPhoto[]>()
  const title = useTitleFocus()
  useList(list)
  useKeyboard(photos.length, asked === undefined)
  useEffect(() => {
    document.title = 'Recently deleted · Darkroom'
  }, [])
  return (
    <main className="page page-wide">
      <PageLink to={PATH_OF_ACCOUNT} className="page-back">
        <BackIcon /> Account
      </PageLink>
      <header className="page-head deleted-head">
        <div>
          <h1 ref={title} tabIndex={-1}>
            Recently deleted
          </h1>
          <p>Deleted photos are kept for {DELETED_DAYS_KEPT} days, and take up room until they are gone.</p>
        </div>
        {photos.length > 1 && (
          <button type="button" className="button" onClick={() => setAsked(photos)}>
            Delete {next === null ? 'all' : photosText(photos.length)} for good
          </button>
        )}
      </header>
      {next === null && photos.length === 0 && (
        <p className="page-empty">Nothing here. What you delete from your photos can be brought back from this page.</p>
      )}
      <ul className="deleted" aria-busy={next === undefined}>
        {photos.map((photo) => (
          <DeletedCard
            key={photo.id}
            photo={photo}
            onRestore={() => void restore(photo, list)}
            onDelete={() => setAsked([photo])}
          />
        ))}
      </ul>
      {problem && <ProblemNote problem={problem} action={{ label: 'Try again', run: () => void list.loadMore() }} />}
      {next && !problem && (
        <button type="button" className="button" disabled={isLoading} onClick={() => void list.loadMore()}>
          Show more
        </button>
      )}
      {asked && (
        <ForGoodSheet
          photos={asked}
          run={async (photo) => {
            await orGone(deleteForGood(photo.id))
            list.drop(photo.id)
          }}
          onClose={() => {
            setAsked(undefined)
            refreshFailureCount()
          }}
        />
      )}
    </main>
  )
}

/** What is out of sight but waits to be undone belongs here as well; and what is undone meanwhile, no more. */
function useList(list: PhotoList<DeletedPhoto>): void {
  useEffect(() => {
    void flushRemovals().then(list.loadMore)
    const stop = removed.subscribe(() => void list.refresh())
    return () => {
      stop()
      list.leave()
    }
  }, [list])
}

/** When the card goes that has the keyboard, the one in its place gets it, or the heading. */
function useKeyboard(count: number, isFree: boolean): void {
  const before = useRef({ count, index: 0 })
  useEffect(() => {
    if (!isFree) return // the sheet has it
    const cards = [...document.querySelectorAll('.deleted-card')]
    if (count < before.current.count && document.activeElement === document.body) {
      const card = cards[Math.min(before.current.index, cards.length - 1)]
      const target = card?.querySelector('button') ?? document.querySelector<HTMLElement>('main h1')
      target?.focus()
    }
    before.current.count = count
    const note = () => {
      const index = cards.findIndex((card) => card.contains(document.activeElement))
      if (index >= 0) before.current.index = index
    }
    addEventListener('focusin', note)
    return () => removeEventListener('focusin', note)
  }, [count, isFree])
}

async function restore(photo: DeletedPhoto, list: PhotoList<DeletedPhoto>): Promise<void> {
  try {
    await restorePhoto(photo.id)
    list.drop(photo.id)
    showAgain(photo.id)
    toast({ text: `“${titleOf(photo)}” is back` })
    refreshFailureCount()
    await refreshArchive()
  } catch (thrown) {
    toast({ text: `“${titleOf(photo)}” could not be brought back`, problem: problemOf(thrown) })
  }
}
