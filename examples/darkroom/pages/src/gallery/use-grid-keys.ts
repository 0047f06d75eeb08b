/** The keyboard in the gallery: one tile is the current one, arrows or hjkl move it, and what is done is done to it. */
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Photo } from '../api/photos.ts'
import { clearSelection, selection } from '../archive/selection.ts'
import { isTyping } from '../shell/typing.ts'
import type { Item } from './items.ts'
import type { Layout, Row, Tile } from './layout.ts'

/** What can be done to a photo where it hangs; what is absent cannot. */
export interface GridActs {
  readonly select?: (photo: Photo) => void
  readonly edit?: (photo: Photo) => void
  readonly remove?: (photo: Photo) => void
}

interface GridKeysOptions {
  readonly layout: Layout
  readonly items: readonly Item[]
  readonly isActive: boolean
  readonly showRow: (row: Row) => void
  readonly acts: GridActs
}

interface GridKeys {
  readonly currentKey: string | undefined
  readonly setCurrentKey: (key: string) => void
  /** Gives the keyboard back to the current tile, once it is there. */
  readonly focusCurrent: () => void
}

const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: 'left',
  h: 'left',
  ArrowRight: 'right',
  l: 'right',
  ArrowUp: 'up',
  k: 'up',
  ArrowDown: 'down',
  j: 'down',
  Home: 'first',
  End: 'last',
}
type Move = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

export function useGridKeys({ layout, items, isActive, showRow, acts }: GridKeysOptions): GridKeys {
  const [chosen, setChosen] = useState<string>()
  const wanted = useRef<string | undefined>(undefined)
  const currentKey = items.some((item) => item.key === chosen) ? chosen : items[0]?.key

  // The tile may exist only once the window over the rows has followed; each render tries again.
  useEffect(() => {
    if (wanted.current === undefined) return
    const tile = document.querySelector<HTMLElement>(`[data-tile="${CSS.escape(wanted.current)}"]`)
    if (!tile) return
    wanted.current = undefined
    tile.focus({ preventScroll: true })
  })

  const goTo = useCallback(
    (tile: Tile, row: Row) => {
      wanted.current = tile.item.key
      setChosen(tile.item.key)
      showRow(row)
    },
    [showRow],
  )

  useEffect(() => {
    if (!isActive) return
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return
      const move = MOVES[event.key]
      if (move) {
        const isOnTile = document.activeElement?.closest('[data-tile]') != null
        const target = isOnTile ? tileTowards(layout, currentKey, move) : placeOf(layout, currentKey)
        if (!target) return
        event.preventDefault()
        return goTo(target.tile, target.row)
      }
      if (event.key === 'Escape' && selection.get().size > 0) return clearSelection()
      const photo = items.find((item) => item.key === currentKey)?.photo
      if (!photo || !document.activeElement?.closest('[data-tile]')) return
      if (event.key === 'e' && acts.edit) {
        event.preventDefault()
        acts.edit(photo)
      } else if (event.key === 'x' && acts.select) {
        event.preventDefault()
        acts.select(photo)
      } else if ((event.key === 'Delete' || event.key === 'Backspace') && acts.remove) {
        event.preventDefault()
        const next = tileTowards(layout, currentKey, 'right') ?? tileTowards(layout, currentKey, 'left')
        acts.remove(photo)
        if (next) goTo(next.tile, next.row)
      }
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [isActive, layout, items, currentKey, goTo, acts])

  const newest = useRef(currentKey)
  useEffect(() => {
    newest.current = currentKey
  })
  const focusCurrent = useCallback(() => {
    const tile = newest.current && document.querySelector<HTMLElement>(`[data-tile="${CSS.escape(newest.current)}"]`)
    if (tile) tile.focus({ preventScroll: true })
    else wanted.current = newest.current
  }, [])
  return { currentKey, setCurrentKey: setChosen, focusCurrent }
}

interface Place {
  readonly tile: Tile
  readonly row: Row
}

export function placeOf(layout: Layout, key: string | undefined): Place | undefined {
  for (const row of layout.rows) {
    const tile = row.tiles.find((t) => t.item.key === key)
    if (tile) return { tile, row }
  }
  return undefined
}

/** Left and right follow the order of the photos over the ends of rows; up and down go to what lies nearest above or below. */
function tileTowards(layout: Layout, key: string | undefined, move: Move): Place | undefined {
  const from = placeOf(layout, key)
  const rowIndex = from ? layout.rows.indexOf(from.row) : -1
  const index = from ? from.row.tiles.indexOf(from.tile) : -1
  switch (move) {
    case 'first':
      return at(layout.rows[0], 0)
    case 'last':
      return at(layout.rows.at(-1), -1)
    case 'left':
      return index > 0 ? at(from?.row, index - 1) : at(layout.rows[rowIndex - 1], -1)
    case 'right':
      return at(from?.row, index + 1) ?? at(layout.rows[rowIndex + 1], 0)
    case 'up':
    case 'down': {
      const row = layout.rows[rowIndex + (move === 'up' ? -1 : 1)]
      return from && row && rowIndex >= 0 ? { row, tile: nearest(row, from.tile) } : undefined
    }
    default:
      return move satisfies never
  }
}

function at(row: Row | undefined, index: number): Place | undefined {
  const tile = row?.tiles.at(index)
  return row && tile && index < row.tiles.length ? { row, tile } : undefined
}

const centre = (tile: Tile) => tile.left + tile.width / 2

function nearest(row: Row, to: Tile): Tile {
  return row.tiles.reduce((best, tile) =>
    Math.abs(centre(tile) - centre(to)) < Math.abs(centre(best) - centre(to)) ? tile : best,
  )
}
