import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { durationInWords } from './in-words.ts'
import { harmless, onOneLine, table } from './table.ts'

const columns = [
  { head: 'ID', cell: (row: readonly string[]) => row[0] ?? '' },
  { head: 'NUMBER', cell: (row: readonly string[]) => row[1] ?? '', isNumber: true },
  { head: 'NAME', cell: (row: readonly string[]) => row[2] ?? '', canShrink: true },
  { head: 'MESSAGE', cell: (row: readonly string[]) => row[3] ?? '', canShrink: true },
]
const rows = [
  ['1', '12,000', 'short', 'a message that is rather long, all in all'],
  ['22', '3', 'a name of some length', ''],
]

describe('a table', () => {
  test('is as wide as its cells when nobody looks at it through a terminal', () => {
    assert.equal(
      table(rows, columns, undefined),
      [
        'ID  NUMBER  NAME                   MESSAGE',
        '1   12,000  short                  a message that is rather long, all in all',
        '22       3  a name of some length',
        '',
      ].join('\n'),
    )
  })

  test('fits the terminal: the widest columns that may be cut are, down to 8 characters', () => {
    for (const width of [80, 60, 40, 30]) {
      const lines = table(rows, columns, width).trimEnd().split('\n')
      assert.ok(Math.max(...lines.map((line) => line.length)) <= width, `${width}`)
      for (const whole of ['1   12,000', '22       3']) assert.ok(lines.some((line) => line.startsWith(whole)))
    }
    assert.match(table(rows, columns, 40), /…/)
    assert.ok(table(rows, columns, 5).split('\n')[1]?.includes('12,000'), 'ids and numbers are never cut')
  })

  test('shows new lines as spaces, and what would steer the terminal as JSON writes it', () => {
    assert.equal(onOneLine('a\n  b\tc'), 'a b c')
    assert.equal(harmless('a\u001b[31m\nb\u202e\u0000'), 'a\\u001b[31m\nb\\u202e\\u0000')
    assert.equal(harmless('Grüße, 世界 🙂'), 'Grüße, 世界 🙂')
  })
})

test('durations are told in the largest unit that fits', () => {
  assert.deepEqual([0, -5, 999, 1_000, 59_999, 60_000, 3_600_000, 48 * 3_600_000].map(durationInWords), [
    '0 s',
    '0 s',
    '0 s',
    '1 s',
    '59 s',
    '1 min',
    '1 h',
    '2 d',
  ])
})
