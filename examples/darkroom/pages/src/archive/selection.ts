/** The photos that are chosen, to do something with all of them. Leaving the page forgets them. */
import { storeOf } from '../store.ts'

export const selection = storeOf<ReadonlySet<string>>(new Set())

export function toggleSelected(id: string): void {
  selection.update((ids) => {
    const changed = new Set(ids)
    if (!changed.delete(id)) changed.add(id)
    return changed
  })
}

/** Takes a photo out that is there no more. */
export function unselect(id: string): void {
  if (selection.get().has(id)) toggleSelected(id)
}

export const clearSelection = (): void => selection.update((ids) => (ids.size === 0 ? ids : new Set()))
