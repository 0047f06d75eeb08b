/**
 * Deleting with second thoughts: the photo goes from sight at once, and from the server only when the offer to undo has
 * run out or the page is left.
 */
import { deletePhoto, type Photo, restorePhoto } from '../api/photos.ts'
import { problemOf } from '../api/problem.ts'
import { developing, removePrint } from '../developing/developing.ts'
import { forgetFailure } from '../failures/failures.ts'
import { titleOf } from '../gallery/words.ts'
import { toast } from '../shell/toasts.ts'
import { storeOf } from '../store.ts'
import { dropPhoto } from './archive.ts'
import { unselect } from './selection.ts'

/** Ids of photos out of sight. */
export const removed = storeOf<ReadonlySet<string>>(new Set())
/** Those of them that the server has not been told about. */
const untold = new Set<string>()

export function removePhoto(photo: Photo): void {
  if (removed.get().has(photo.id)) return
  untold.add(photo.id)
  unselect(photo.id)
  hide(photo.id)
  toast({
    text: `“${titleOf(photo)}” deleted`,
    action: {
      label: 'Undo',
      run: () => void undo(photo),
    },
    onGone: () => void tellServer(photo),
  })
}

async function undo(photo: Photo): Promise<void> {
  try {
    if (!untold.delete(photo.id)) await restorePhoto(photo.id) // the page was left and came back: the server knows already
    showAgain(photo.id)
  } catch (thrown) {
    toast({ text: `“${titleOf(photo)}” could not be brought back`, problem: problemOf(thrown) })
  }
}

async function tellServer(photo: Photo): Promise<void> {
  if (!untold.delete(photo.id)) return
  try {
    await deletePhoto(photo.id)
    dropPhoto(photo.id)
    for (const print of developing.get().values()) if (print.photoId === photo.id) removePrint(print.key)
    forgetFailure(photo)
  } catch (thrown) {
    const problem = problemOf(thrown)
    if (problem.status === 404) return dropPhoto(photo.id)
    showAgain(photo.id)
    toast({ text: `“${titleOf(photo)}” is back: it could not be deleted`, problem })
  }
}

const hide = (id: string) => removed.update((ids) => new Set([...ids, id]))
const showAgain = (id: string) => removed.update((ids) => new Set([...ids].filter((other) => other !== id)))

addEventListener('pagehide', () => {
  for (const id of untold) void deletePhoto(id, true).catch(() => {}) // nobody is left to tell
  untold.clear()
})
