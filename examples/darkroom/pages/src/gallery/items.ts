/** What the gallery shows: the pictures on their way first, then the archive by the month its photos were taken in. */
import type { Photo } from '../api/photos.ts'
import type { Print } from '../developing/developing.ts'

export interface Item {
  readonly key: string
  readonly aspect: number
  /** Absent while the picture is on its way. */
  readonly photo: Photo | undefined
  /** The key of the picture in `developing`, for those shown at the top. */
  readonly printKey: string | undefined
}

export interface Group {
  readonly id: string
  readonly name: string
  /** For a heading that has little room. */
  readonly shortName: string
  /** The quieter second part of the heading. */
  readonly year: string
  readonly items: readonly Item[]
  /** Shares a row with no other group. */
  readonly isAlone?: boolean
}

const ASPECT_MIN = 0.4
const ASPECT_MAX = 3.2
const monthName = new Intl.DateTimeFormat(undefined, { month: 'long' })
const shortMonthName = new Intl.DateTimeFormat(undefined, { month: 'short' })

/** Pictures on their way keep their shape, whatever the server finds out, so that nothing moves. */
export function itemOfPrint(print: Print): Item {
  const photo = print.stage.kind === 'ready' ? print.stage.photo : undefined
  return { key: print.key, aspect: shown(print.aspect), photo, printKey: print.key }
}

export function itemOfPhoto(photo: Photo): Item {
  return { key: photo.id, aspect: shown((photo.width ?? 3) / (photo.height ?? 2)), photo, printKey: undefined }
}

/** Very long and very tall pictures are cropped in the gallery: they would leave their row no height. */
const shown = (aspect: number) => Math.min(ASPECT_MAX, Math.max(ASPECT_MIN, aspect))

/** The archive by month, in the order given. */
export function groupsOf(items: readonly Item[]): readonly Group[] {
  const groups: (Group & { readonly items: Item[] })[] = []
  for (const item of items) {
    const date = new Date(item.photo?.takenAt ?? item.photo?.uploadedAt ?? 0)
    const id = `${date.getFullYear()}-${date.getMonth()}`
    const last = groups.at(-1)
    if (last?.id === id) last.items.push(item)
    else {
      const [name, shortName] = [monthName.format(date), shortMonthName.format(date)]
      groups.push({ id, name, shortName, year: String(date.getFullYear()), items: [item] })
    }
  }
  return groups
}
