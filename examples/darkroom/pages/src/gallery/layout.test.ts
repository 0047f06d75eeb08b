import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Photo } from '../api/photos.ts'
import type { Group } from './items.ts'
import { type Layout, layOut, measuresFor } from './layout.ts'

const SHAPES = [1.5, 0.667, 1.5, 2.667, 1, 1.5, 0.8, 1.778, 0.4, 3.2]
const WIDTHS = [320, 366, 640, 900, 1376, 2500]

function month(id: string, count: number, shift = 0): Group {
  const items = Array.from({ length: count }, (_, index) => ({
    key: `${id}-${index}`,
    aspect: SHAPES[(index * 7 + shift) % SHAPES.length] ?? 1,
    photo: undefined as Photo | undefined,
    printKey: undefined,
  }))
  return { id, name: id, shortName: id, year: '2026', items }
}

const archive = (): readonly Group[] =>
  Array.from({ length: 24 }, (_, index) => month(`m${index}`, (index * 11) % 37 || 1, index))
const keysOf = (layout: Layout) => layout.rows.flatMap((row) => row.tiles.map((tile) => tile.item.key))

describe('the justified grid', () => {
  test('shows every picture once, in order, when no more is to come', () => {
    for (const width of WIDTHS) {
      const groups = archive()
      const wanted = groups.flatMap((group) => group.items.map((item) => item.key))
      assert.deepEqual(keysOf(layOut(groups, measuresFor(width), false)), wanted)
    }
  })

  test('keeps every shape, and every row within the width and apart from the next', () => {
    for (const width of WIDTHS) {
      const m = measuresFor(width)
      const { rows, height } = layOut(archive(), m, false)
      for (const [index, row] of rows.entries()) {
        const last = row.tiles.at(-1)
        assert.ok(
          last && last.left + last.width <= width + 0.5,
          `row ${index} ends at ${last && last.left + last.width} of ${width}`,
        )
        for (const tile of row.tiles) assert.ok(Math.abs(tile.width / row.tileHeight - tile.item.aspect) < 1e-6)
        const bottom = row.tilesTop + row.tileHeight
        assert.ok(bottom <= (rows[index + 1]?.top ?? height) + 1e-6)
      }
    }
  })

  test('fills the width with every row of a month but the last', () => {
    for (const width of WIDTHS) {
      const { rows } = layOut([month('long', 90)], measuresFor(width), false)
      for (const row of rows.slice(0, -1)) {
        const last = row.tiles.at(-1)
        assert.ok(last && Math.abs(last.left + last.width - width) < 0.5)
      }
    }
  })

  test('never moves what is shown when pages are appended', () => {
    for (const width of WIDTHS) {
      const groups = archive()
      const all = groups.flatMap((group) => group.items.map((item) => ({ group, item })))
      let shown: Layout | undefined
      for (let count = 5; count <= all.length; count += 9) {
        const known = all.slice(0, count)
        const loaded = groups
          .map((group) => ({ ...group, items: known.filter((one) => one.group === group).map((one) => one.item) }))
          .filter((group) => group.items.length > 0)
        const layout = layOut(loaded, measuresFor(width), true)
        for (const [index, row] of shown?.rows.entries() ?? [])
          assert.deepEqual(layout.rows[index], row, `row ${index} at width ${width}`)
        shown = layout
      }
      assert.ok(shown && shown.rows.length > 10)
    }
  })

  test('puts quiet months beside each other, each under its own heading', () => {
    const groups = [month('a', 1), month('b', 1, 1), month('c', 1, 2)]
    const { rows } = layOut(groups, measuresFor(1376), false)
    assert.deepEqual(
      rows.map((row) => row.headings.map((heading) => heading.id)),
      [['a', 'b', 'c']],
    )
  })
})
