/**
 * Deleting with second thoughts: the photo goes from sight at once, and from the server only when the offer to undo has
 * run out or the page is left.
 */
import { deletePhoto, type Photo, restorePhoto } from '../api/photos.ts'
import { orGone, problemOf } from '../api/problem.ts'
import { developing, removePrint } from '../developing/developing.ts'
import { forgetFailure } from '../failures/failures.ts'
import { titleOf } from '../gallery/words.ts'
import { toast } from '../shell/toasts.ts'
import { storeOf } from '../store.ts'
import { dropPhoto, refreshArchive } from './archive.ts'
import { unselect } from './selection.ts'

/** Ids of photos out of sight. */
export const removed = storeOf<ReadonlySet<string>>(new Set())
/** Those of them that the server has not been told about. */
const untold = new Map<string, Photo>()
/** What it is being told. */
const telling = new Map<string, Promise<boolean>>()

export function removePhoto(photo: Photo): void {
  if (removed.get().has(photo.id)) return
  untold.set(photo.id, photo)
  unselect(photo.id)
  hide(photo.id)
  toast({
    text: `“${titleOf(photo)}” deleted`,
    action: {
      label: 'Undo',
      run: () => void undo(photo),
    },
    onGone: () => tell(photo),
  })
}

/**
 * Tells the server now of all that is out of sight: for whoever is about to log out, after which it would listen no more.
 * False when something could not be deleted; that is shown again.
 */
export async function flushRemovals(): Promise<boolean> {
  for (const photo of untold.values()) tell(photo)
  return (await Promise.all(telling.values())).every(Boolean)
}

async function undo(photo: Photo): Promise<void> {
  try {
    if (!untold.delete(photo.id)) await restoreTold(photo) // the page was left and came back, or stayed after all
    showAgain(photo.id)
  } catch (thrown) {
    toast({ text: `“${titleOf(photo)}” could not be brought back`, problem: problemOf(thrown) })
  }
}

async function restoreTold(photo: Photo): Promise<void> {
  await telling.get(photo.id)
  await restorePhoto(photo.id)
  await refreshArchive()
}

function tell(photo: Photo): void {
  if (!untold.delete(photo.id)) return
  telling.set(
    photo.id,
    tellServer(photo).finally(() => telling.delete(photo.id)),
  )
}

/** False when it could not be deleted. */
async function tellServer(photo: Photo): Promise<boolean> {
  try {
    await orGone(deletePhoto(photo.id))
    dropPhoto(photo.id)
    for (const print of developing.get().values()) if (print.photoId === photo.id) removePrint(print.key)
    forgetFailure(photo)
    return true
  } catch (thrown) {
    showAgain(photo.id)
    toast({ text: `“${titleOf(photo)}” is back: it could not be deleted`, problem: problemOf(thrown) })
    return false
  }
}

const hide = (id: string) => removed.update((ids) => new Set([...ids, id]))
/** It is not deleted any more. */
export const showAgain = (id: string): void =>
  removed.update((ids) => new Set([...ids].filter((other) => other !== id)))

addEventListener('pagehide', () => {
  for (const id of untold.keys()) void deletePhoto(id, true).catch(() => {}) // nobody is left to tell
  untold.clear()
})
