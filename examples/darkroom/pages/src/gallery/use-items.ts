/** The gallery's groups from the stores, made anew only when a picture comes, goes or is finished. */
import { useMemo } from 'react'
import { archive } from '../archive/archive.ts'
import type { PhotoList } from '../archive/photo-list.ts'
import { removed } from '../archive/removal.ts'
import { developing, isOver } from '../developing/developing.ts'
import { useStore } from '../store.ts'
import { type Group, groupsOf, type Item, itemOfPhoto, itemOfPrint } from './items.ts'

export interface Items {
  readonly groups: readonly Group[]
  /** All of them in the order shown. */
  readonly all: readonly Item[]
  /** How many are photos, or will be: without those that failed or were cancelled. */
  readonly photoCount: number
}

export function useItems(): Items {
  const prints = useStore(developing, (all) => all)
  const photos = useStore(archive, (a) => a.photos)
  const hidden = useStore(removed, (ids) => ids)
  // Progress changes `prints` many times a second; only this much of it matters to where things stand.
  const standing = [...prints.values()]
    .map((print) => `${print.key} ${print.photoId ?? ''} ${print.stage.kind === 'ready'} ${isOver(print)}`)
    .join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `standing` stands for `prints`
  return useMemo(() => {
    const list = [...prints.values()]
    const known = new Set(list.map((print) => print.photoId))
    const shown = list.filter((print) => !hidden.has(print.photoId ?? ''))
    const added = shown.map(itemOfPrint)
    const archived = photos.filter((photo) => !known.has(photo.id) && !hidden.has(photo.id)).map(itemOfPhoto)
    const top: Group[] =
      added.length > 0
        ? [{ id: 'added', name: 'Just added', shortName: 'Just added', year: '', items: added, isAlone: true }]
        : []
    const photoCount = archived.length + shown.filter((print) => !isOver(print)).length
    return { groups: [...top, ...groupsOf(archived)], all: [...added, ...archived], photoCount }
  }, [standing, photos, hidden])
}

/** The same for photos that are listed elsewhere, and are all there is; all under one heading, if one is given. */
export function useListedItems(list: PhotoList, headingOf?: (count: number, isAll: boolean) => string): Items {
  const photos = useStore(list.now, (a) => a.photos)
  const isAll = useStore(list.now, (a) => a.next === null)
  return useMemo(() => {
    const all = photos.map(itemOfPhoto)
    const name = headingOf?.(all.length, isAll)
    const one =
      name === undefined || all.length === 0 ? [] : [{ id: 'all', name, shortName: name, year: '', items: all }]
    return { groups: name === undefined ? groupsOf(all) : one, all, photoCount: all.length }
  }, [photos, isAll, headingOf])
}
