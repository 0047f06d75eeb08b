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

export const clearSelection = (): void => selection.update((ids) => (ids.size === 0 ? ids : new Set()))
