/** Which text of the photo in view is being edited. Outside the view, so that `e` in the gallery can open it editing. */
import type { Photo } from '../api/photos.ts'
import { openPhoto } from '../shell/route.ts'
import { storeOf } from '../store.ts'

export type EditedField = 'title' | 'caption'

export const editing = storeOf<EditedField | undefined>(undefined)

export const startEditing = (field: EditedField): void => editing.update(() => field)

/** Opens a photo on the wall where it hangs, with its title to be typed. */
export function openToEdit(photo: Photo): void {
  startEditing('title')
  openPhoto(photo.id)
}

/** Ends the editing of this field, or of any. Another field that was begun meanwhile goes on. */
export const stopEditing = (field?: EditedField): void =>
  editing.update((now) => (field === undefined || now === field ? undefined : now))
