/** Keeps what is looked at where it is when photos come or go above it: what is seen of the gallery moves for no news. */
import { type RefObject, useLayoutEffect, useRef } from 'react'
import type { Layout } from './layout.ts'
import { placeOf } from './use-grid-keys.ts'

/** At its top, the gallery shows what is new. */
const TOP_PX = 120

export function useAnchor(grid: RefObject<HTMLElement | null>, layout: Layout): void {
  const before = useRef(layout)
  useLayoutEffect(() => {
    const gridTop = (grid.current?.getBoundingClientRect().top ?? 0) + scrollY
    const seen = before.current.rows.find((row) => row.tilesTop + row.tileHeight + gridTop > scrollY)
    before.current = layout
    if (scrollY - gridTop < TOP_PX || !seen) return
    // the first tile in sight that is still there
    const after = seen.tiles.map((tile) => placeOf(layout, tile.item.key)?.row).find((row) => row !== undefined)
    if (after && after.top !== seen.top) scrollBy({ top: after.top - seen.top, behavior: 'instant' })
  }, [grid, layout])
}
