/** The photos that are chosen, to do something with all of them. Leaving the wall forgets them, and what they were for. */
import { storeOf } from '../store.ts'

export const selection = storeOf<ReadonlySet<string>>(new Set())

/** The album that photos are chosen for, when the reader comes from one. */
export interface ChosenFor {
  readonly id: string
  readonly title: string
}

export const chosenFor = storeOf<ChosenFor | undefined>(undefined)

export const chooseFor = ({ id, title }: ChosenFor): void => chosenFor.update(() => ({ id, title }))

export const chooseForNothing = (): void => chosenFor.update(() => undefined)

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

export function forgetSelection(): void {
  clearSelection()
  chooseForNothing()
}
