/** A wall of pictures: the archive, an album, or what a public link shows. */
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from 'react'
import type { PhotoList } from '../archive/photo-list.ts'
import { PrintTile } from '../developing/print-tile.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { route } from '../shell/route.ts'
import { useStore } from '../store.ts'
import type { Item } from './items.ts'
import { layOut, measuresFor, type Row } from './layout.ts'
import { Tile } from './tile.tsx'
import { useAnchor } from './use-anchor.ts'
import { type GridActs, placeOf, useGridKeys } from './use-grid-keys.ts'
import type { Items } from './use-items.ts'
import { useWidth } from './use-width.ts'
import { useWindow } from './use-window.ts'

const HEADER_PX = 56
const MARGIN_PX = 24
/** Pages are fetched this many screens before their place comes into view. */
const SCREENS_AHEAD = 2.5

interface WallProps {
  readonly title: string
  readonly items: Items
  readonly list: PhotoList
  /** The photo in the single view, if any: the gallery rests, and keeps that photo in reach. */
  readonly viewedId: string | undefined
  /** What stands above the grid is known: pictures that came before it would be pushed down. */
  readonly isReady: boolean
  /** What keys and the pointer can do to a photo, beyond opening it. */
  readonly acts: GridActs
  readonly above?: ReactNode
  /** Shown instead of a wall without a picture. */
  readonly empty: ReactNode
}

export function Wall({ title, items, list, viewedId, isReady, acts, above, empty }: WallProps) {
  const grid = useRef<HTMLDivElement>(null)
  const width = useWidth(grid)
  const { next, problem } = useStore(list.now, (a) => a)
  const isOpen = next !== null
  const layout = useMemo(() => layOut(items.groups, measuresFor(width || 1), isOpen), [items.groups, width, isOpen])
  useAnchor(grid, layout)
  const rows = useWindow(grid, layout)
  const showRow = useCallback((row: Row) => scrollToRow(grid.current, row), [])
  const keys = useGridKeys({ layout, items: items.all, isActive: viewedId === undefined, showRow, acts })
  useMorePages(list, grid, layout.height, items.all.length)

  // Back from the single view on another photo than it was opened on: bring that one into view before it is painted.
  const { setCurrentKey, focusCurrent } = keys
  useEffect(() => {
    const place = viewedId && placeOf(layout, items.all.find((item) => item.photo?.id === viewedId)?.key)
    if (!place) return
    setCurrentKey(place.tile.item.key)
    showRow(place.row)
  }, [viewedId, layout, items, showRow, setCurrentKey])

  const wasViewing = useRef(viewedId !== undefined)
  useEffect(() => {
    if (wasViewing.current && viewedId === undefined) focusCurrent()
    wasViewing.current = viewedId !== undefined
  }, [viewedId, focusCurrent])

  const isEmpty = isReady && next === null && items.all.length === 0
  return (
    <main className="gallery" inert={viewedId !== undefined} aria-label={title}>
      {above}
      {isEmpty && empty}
      <div className="grid" ref={grid} style={{ height: width === 0 ? undefined : layout.height }}>
        {width > 0 &&
          isReady &&
          rows.map((row) => (
            <GridRow
              key={row.key}
              row={row}
              currentKey={keys.currentKey}
              onFocus={setCurrentKey}
              canSelect={acts.select !== undefined}
            />
          ))}
      </div>
      {problem && (
        <div className="gallery-problem">
          <ProblemNote problem={problem} action={{ label: 'Try again', run: () => void list.loadMore() }} />
        </div>
      )}
      {isOpen && !problem && <p className="gallery-more" aria-hidden="true" />}
    </main>
  )
}

function GridRow({
  row,
  currentKey,
  onFocus,
  canSelect,
}: {
  readonly row: Row
  readonly currentKey: string | undefined
  readonly onFocus: (key: string) => void
  readonly canSelect: boolean
}) {
  return (
    <div className="row" style={{ top: row.top }}>
      {row.headings.map((heading) => (
        <h2 key={heading.id} className="month" style={{ left: heading.left, width: heading.width }}>
          {heading.name} <span>{heading.year}</span>
        </h2>
      ))}
      {row.tiles.map(({ item, left, width }) => (
        <div
          key={item.key}
          className="tile"
          style={{ left, width, top: row.tilesTop - row.top, height: row.tileHeight }}
        >
          <Content
            item={item}
            width={width}
            isCurrent={item.key === currentKey}
            onFocus={onFocus}
            canSelect={canSelect}
          />
        </div>
      ))}
    </div>
  )
}

interface ContentProps {
  readonly item: Item
  readonly width: number
  readonly isCurrent: boolean
  readonly onFocus: (key: string) => void
  readonly canSelect: boolean
}

function Content({ item, width, isCurrent, onFocus, canSelect }: ContentProps) {
  if (item.printKey) return <PrintTile printKey={item.printKey} width={width} isCurrent={isCurrent} onFocus={onFocus} />
  return item.photo ? (
    <Tile
      itemKey={item.key}
      photo={item.photo}
      width={width}
      isCurrent={isCurrent}
      onFocus={onFocus}
      canSelect={canSelect}
    />
  ) : null
}

/** Scrolls no further than needed to have the row, with its heading, on the screen. */
function scrollToRow(grid: HTMLElement | null, row: Row): void {
  if (!grid || route.get().kind === 'nowhere') return
  const gridTop = grid.getBoundingClientRect().top + scrollY
  const top = gridTop + row.top - HEADER_PX - MARGIN_PX / 2
  const bottom = gridTop + row.tilesTop + row.tileHeight + MARGIN_PX - innerHeight
  if (scrollY > top) scrollTo({ top, behavior: 'instant' })
  else if (scrollY < bottom) scrollTo({ top: Math.min(top, bottom), behavior: 'instant' })
}

/** Fetches pages while the end of what is known is near. */
function useMorePages(
  list: PhotoList,
  grid: { readonly current: HTMLElement | null },
  height: number,
  count: number,
): void {
  const { next, isLoading, problem } = useStore(list.now, (a) => a)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a grid that grew, or did not, is looked at again
  useEffect(() => {
    if (next === null || isLoading || problem) return
    const look = () => {
      const top = grid.current?.getBoundingClientRect().top ?? 0
      if (top + height < innerHeight * (1 + SCREENS_AHEAD)) void list.loadMore()
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [list, grid, height, count, next, isLoading, problem])
}
