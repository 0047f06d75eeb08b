/** Tables that fit a terminal. */

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => string
  /** Numbers stand to the right. */
  readonly isNumber?: boolean
  /** May be cut when the terminal is too narrow. */
  readonly canShrink?: boolean
}

const GAP = '  '
const SHRUNK_CHARS_MIN = 8

/** One line per row, below the heads. `width`: characters of the terminal; undefined: there is none, nothing is cut. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number | undefined): string {
  const cells = rows.map((row) => columns.map(({ cell }) => onOneLine(cell(row))))
  const widths = fit(
    columns.map(({ head }, n) => Math.max(head.length, ...cells.map((line) => line[n]?.length ?? 0))),
    columns,
    width,
  )
  const lineOf = (line: readonly string[]): string =>
    line
      .map((text, n) => aligned(text, widths[n] ?? 0, columns[n]?.isNumber === true))
      .join(GAP)
      .trimEnd()
  return [columns.map(({ head }) => head), ...cells].map((line) => `${lineOf(line)}\n`).join('')
}

/** Takes from the widest column that may be cut, until the line fits or nothing more can be taken. */
function fit<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  width: number | undefined,
): readonly number[] {
  const widths = [...natural]
  const total = (): number => widths.reduce((sum, w) => sum + w, GAP.length * (widths.length - 1))
  while (width !== undefined && total() > width) {
    const shrinkable = columns.flatMap(({ canShrink }, n) =>
      canShrink === true && (widths[n] ?? 0) > SHRUNK_CHARS_MIN ? [n] : [],
    )
    const [widest] = shrinkable.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))
    if (widest === undefined) return widths
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

function aligned(text: string, width: number, isNumber: boolean): string {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text
  return isNumber ? cut.padStart(width) : cut.padEnd(width)
}

/**
 * Text of jobs may come from anyone: what would steer the terminal, or turn the direction of writing, is shown as it is
 * written in JSON, and new lines as spaces.
 */
export function onOneLine(text: string): string {
  return harmless(text.replaceAll(/\s+/g, ' '))
}

/** The same, with its lines. */
export function harmless(text: string): string {
  return text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
