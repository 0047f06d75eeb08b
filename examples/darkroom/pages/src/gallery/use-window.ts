/** Which rows are near enough to the eye to exist: a window over the rows that follows the scrolling. */
import { type RefObject, useLayoutEffect, useState } from 'react'
import type { Layout, Row } from './layout.ts'

const SCREENS_AHEAD = 1.2

/** The part of `layout.rows` to render, for a grid whose element is `ref`. */
export function useWindow(ref: RefObject<HTMLElement | null>, layout: Layout): readonly Row[] {
  const [[from, to], setRange] = useState<readonly [number, number]>([0, 12])
  useLayoutEffect(() => {
    let frame = 0
    const look = () => {
      frame = 0
      const gridTop = (ref.current?.getBoundingClientRect().top ?? 0) + scrollY
      const ahead = innerHeight * SCREENS_AHEAD
      const first = firstRowBelow(layout.rows, scrollY - ahead - gridTop)
      const end = firstRowBelow(layout.rows, scrollY + innerHeight + ahead - gridTop) + 1
      setRange((known) => (known[0] === first && known[1] === end ? known : [first, end]))
    }
    const plan = () => {
      frame ||= requestAnimationFrame(look)
    }
    look()
    addEventListener('scroll', plan, { passive: true })
    addEventListener('resize', plan)
    return () => {
      cancelAnimationFrame(frame)
      removeEventListener('scroll', plan)
      removeEventListener('resize', plan)
    }
  }, [ref, layout])
  return layout.rows.slice(from, to)
}

/** Index of the first row whose end is below `y`; binary search. */
function firstRowBelow(rows: readonly Row[], y: number): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row && row.tilesTop + row.tileHeight < y) low = middle + 1
    else high = middle
  }
  return low
}
