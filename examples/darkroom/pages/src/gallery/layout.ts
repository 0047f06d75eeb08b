/**
 * The justified grid. Rows of equal height fill the width; shapes are kept; everything follows from the widths and heights
 * that the list gives, so that nothing moves when pictures arrive.
 *
 * A month that fills a row or more stands by itself. Months with a few pictures share a row, each under its own heading:
 * an archive of many quiet months stays dense.
 *
 * Appending never moves what is shown: rows are broken greedily from the top, and while more is to come (`isOpen`), the
 * rows that it could still change are held back.
 */
import type { Group, Item } from './items.ts'

export interface Measures {
  readonly width: number
  readonly rowHeight: number
  readonly rowHeightMax: number
  readonly gap: number
  /** Between months that share a row. */
  readonly monthGap: number
  readonly headingHeight: number
  /** Above a row that begins a month. */
  readonly above: number
}

export interface Tile {
  readonly item: Item
  readonly left: number
  readonly width: number
}

export interface Heading {
  readonly id: string
  readonly name: string
  readonly year: string
  readonly left: number
  readonly width: number
}

export interface Row {
  readonly key: string
  /** From the top of the grid; the headings come first, then the tiles. */
  readonly top: number
  readonly headings: readonly Heading[]
  readonly tilesTop: number
  readonly tileHeight: number
  readonly tiles: readonly Tile[]
}

export interface Layout {
  readonly rows: readonly Row[]
  readonly height: number
}

/** The measures for a grid of this width. */
export function measuresFor(width: number): Measures {
  const isNarrow = width < 640
  return {
    width,
    rowHeight: isNarrow ? 150 : width < 1100 ? 220 : Math.min(340, 210 + width / 24),
    rowHeightMax: isNarrow ? 330 : width < 1100 ? 330 : 400,
    gap: isNarrow ? 4 : 8,
    monthGap: isNarrow ? 16 : 32,
    headingHeight: isNarrow ? 40 : 46,
    above: isNarrow ? 20 : 30,
  }
}

export function layOut(groups: readonly Group[], m: Measures, isOpen: boolean): Layout {
  const builder = new RowBuilder(m)
  let small: Group[] = []
  const flush = (mayHold: boolean) => {
    if (small.length > 0 && !(mayHold && isOpen)) builder.addShared(small)
    small = []
  }
  for (const [index, group] of groups.entries()) {
    const isLast = index === groups.length - 1
    if (naturalWidth([group], m) > m.width) {
      flush(false)
      builder.addMonth(group, isLast && isOpen)
      continue
    }
    if (small.length > 0 && (group.isAlone || small[0]?.isAlone)) flush(false)
    if (small.length > 0 && naturalWidth([...small, group], m) > m.width * 1.12) flush(false)
    small.push(group)
  }
  flush(true)
  return builder.layout()
}

class RowBuilder {
  readonly #m: Measures
  readonly #rows: Row[] = []
  #bottom = 0

  constructor(m: Measures) {
    this.#m = m
  }

  layout(): Layout {
    return { rows: this.#rows, height: this.#bottom }
  }

  /** Rows of one month. `isOpen`: more of it may come, so what that could still change waits. */
  addMonth(group: Group, isOpen: boolean): void {
    const { width, rowHeight, rowHeightMax, gap } = this.#m
    const broken = breakRows(group.items, this.#m)
    const rows = isOpen ? broken.slice(0, -UNSETTLED_ROWS) : tidyEnd(broken, this.#m)
    for (const [index, row] of rows.entries()) {
      const fitting = heightToFill(row, width, gap)
      const isLast = !isOpen && index === rows.length - 1
      this.#put(row, index === 0 ? [{ group, items: row }] : [], isLast && fitting > rowHeightMax ? rowHeight : fitting)
    }
  }

  /** One row for several small months. */
  addShared(groups: readonly Group[]): void {
    const { width, gap, monthGap, rowHeight, rowHeightMax } = this.#m
    const items = groups.flatMap((group) => group.items)
    const gaps = (items.length - groups.length) * gap + (groups.length - 1) * monthGap
    const fitting = (width - gaps) / aspects(items)
    const height =
      fitting <= rowHeightMax ? fitting : items.length === 1 ? rowHeightMax : Math.min(rowHeightMax, rowHeight * 1.25)
    this.#put(
      items,
      groups.map((group) => ({ group, items: group.items })),
      height,
    )
  }

  #put(items: readonly Item[], parts: readonly { group: Group; items: readonly Item[] }[], height: number): void {
    const { gap, monthGap, headingHeight, above } = this.#m
    const starts = new Set(parts.map((part) => part.items[0]))
    const tiles: Tile[] = []
    let left = 0
    for (const item of items) {
      if (tiles.length > 0) left += parts.length > 1 && starts.has(item) ? monthGap : gap
      const width = item.aspect * height
      tiles.push({ item, left, width })
      left += width
    }
    const hasHeadings = parts.length > 0
    const top = this.#bottom + (hasHeadings ? above : gap)
    const tilesTop = top + (hasHeadings ? headingHeight : 0)
    const first = items[0]
    if (!first) return
    this.#rows.push({
      key: first.key,
      top,
      headings:
        parts.length > 1
          ? parts.map((part) => headingOver(part, tiles))
          : parts.map((part) => headingOf(part.group, 0, this.#m.width)),
      tilesTop,
      tileHeight: height,
      tiles,
    })
    this.#bottom = tilesTop + height
  }
}

/** Greedily from the top: a row is full when one more picture would take it further from the wished height than it is. */
function breakRows(items: readonly Item[], { width, rowHeight, gap }: Measures): readonly (readonly Item[])[] {
  const rows: Item[][] = []
  let row: Item[] = []
  for (const item of items) {
    const without = heightToFill(row, width, gap)
    row.push(item)
    const fitting = heightToFill(row, width, gap)
    if (fitting > rowHeight) continue
    if (row.length > 1 && without / rowHeight < rowHeight / fitting) {
      row.pop()
      rows.push(row)
      row = [item]
      if (heightToFill(row, width, gap) > rowHeight) continue
    }
    rows.push(row)
    row = []
  }
  return row.length > 0 ? [...rows, row] : rows
}

/** The end of a month that is not complete: its last row may grow, and the one before it may share with it. */
const UNSETTLED_ROWS = 2
const LOW = 0.62
const HIGH = 1.6

/** A last row that would not fill the width shares with the row before it: as one row, or as two of like height. */
function tidyEnd(rows: readonly (readonly Item[])[], m: Measures): readonly (readonly Item[])[] {
  const last = rows.at(-1)
  const before = rows.at(-2)
  const heightOf = (items: readonly Item[]) => heightToFill(items, m.width, m.gap)
  if (!last || !before || heightOf(last) <= m.rowHeight * HIGH) return rows
  const both = [...before, ...last]
  const kept = rows.slice(0, -2)
  if (heightOf(both) >= m.rowHeight * LOW) return [...kept, both]
  const splits = both.slice(1).map((_, index) => [both.slice(0, index + 1), both.slice(index + 1)] as const)
  const fair = splits.filter((pair) =>
    pair.every((row) => heightOf(row) >= m.rowHeight * LOW && heightOf(row) <= m.rowHeight * HIGH),
  )
  const unlike = ([upper, lower]: (typeof splits)[number]) => Math.abs(Math.log(heightOf(upper) / heightOf(lower)))
  const best = fair.sort((a, b) => unlike(a) - unlike(b))[0]
  return best ? [...kept, ...best] : rows
}

function headingOver(part: { group: Group; items: readonly Item[] }, tiles: readonly Tile[]): Heading {
  const own = tiles.filter((tile) => part.items.includes(tile.item))
  const first = own[0]
  const last = own.at(-1)
  if (!first || !last) return headingOf(part.group, 0, 0)
  return headingOf(part.group, first.left, last.left + last.width - first.left)
}

const NARROW_HEADING_PX = 170

const headingOf = ({ id, name, shortName, year }: Group, left: number, width: number): Heading => ({
  id,
  name: width < NARROW_HEADING_PX ? shortName : name,
  year,
  left,
  width,
})

const aspects = (items: readonly Item[]) => items.reduce((sum, item) => sum + item.aspect, 0)

/** The height at which these fill the width; without any it is endless. */
function heightToFill(items: readonly Item[], width: number, gap: number): number {
  return items.length === 0 ? Number.POSITIVE_INFINITY : (width - (items.length - 1) * gap) / aspects(items)
}

/** How wide these months stand beside each other at the wished height. */
function naturalWidth(groups: readonly Group[], { rowHeight, gap, monthGap }: Measures): number {
  const inner = groups.reduce((sum, { items }) => sum + aspects(items) * rowHeight + (items.length - 1) * gap, 0)
  return inner + (groups.length - 1) * monthGap
}
