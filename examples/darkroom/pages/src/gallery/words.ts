/** How photos are called in words. */
import type { Photo } from '../api/photos.ts'

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' })

/** The title, or the file's name without its ending. */
export function titleOf(photo: Photo): string {
  return photo.title?.trim() || photo.name.replace(/\.[a-z0-9]{2,5}$/i, '')
}

/** What a screen reader says of a tile. */
export function labelOf(photo: Photo): string {
  const taken = photo.takenAt ? `, taken ${day.format(new Date(photo.takenAt))}` : ''
  return `${titleOf(photo)}${taken}${photo.duplicateOf ? ', near-duplicate of another photo' : ''}`
}
