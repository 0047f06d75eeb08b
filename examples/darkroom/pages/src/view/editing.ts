/** Which text of the photo in view is being edited. Outside the view, so that `e` in the gallery can open it editing. */
import { storeOf } from '../store.ts'

export type EditedField = 'title' | 'caption'

export const editing = storeOf<EditedField | undefined>(undefined)

export const startEditing = (field: EditedField): void => editing.update(() => field)

/** Ends the editing of this field, or of any. Another field that was begun meanwhile goes on. */
export const stopEditing = (field?: EditedField): void =>
  editing.update((now) => (field === undefined || now === field ? undefined : now))
