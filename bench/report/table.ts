/** The results as a table on the terminal. */
import { CONTESTANTS } from '../contestants/contestants.ts'
import { disturbance } from '../machine.ts'
import type { Row } from '../results.ts'
import { aligned, backlogGrid, concurrencyGrid, heldGrid, terminalGrid } from './grid.ts'
import { showRatio, showValue } from './numbers.ts'
import { DURABILITY, type Report } from './report.ts'

export function terminalTable(report: Report): string {
  const { rows, photos, facts, missing, failures, points, backlog } = report
  const taking = CONTESTANTS.filter(({ name }) => rows.some((row) => row.cells.some((cell) => cell.system === name)))
  const head = ['', ...taking.map(({ title, store }) => (store === 'redis' ? `${title} *` : title))]
  const body = rows.map((row) => [`${row.title}, ${row.unit}`, ...taking.map(({ name }) => cellText(row, name))])
  const { machine } = facts
  const noise = disturbance(facts)
  return [
    ...(rows.length > 0 ? [...aligned([head, ...body]), '', '(×: how many times better Millrace is)'] : []),
    ...(taking.some(({ store }) => store === 'redis') ? [`* ${DURABILITY}`] : []),
    ...terminalGrid(concurrencyGrid(points, 'noop')),
    ...terminalGrid(concurrencyGrid(points, 'wait')),
    ...terminalGrid(heldGrid(points)),
    ...terminalGrid(backlogGrid(backlog)),
    ...(photos === undefined ? [] : ['', photoLine(photos)]),
    '',
    `${machine.cores} cores of ${machine.processor}, ${machine.memory}; a commit takes ${machine.commitMs} ms, a round trip ${machine.roundTripMs} ms; commit ${facts.commit}`,
    ...(noise === undefined ? [] : [noise]),
    ...missing.map((sentence) => `missing: ${sentence}`),
    ...failures.map((sentence) => `FAILED: ${sentence}`),
  ].join('\n')
}

export function photoLine({ darkroom, bare, megapixels }: NonNullable<Report['photos']>): string {
  const share = Math.round((darkroom / bare) * 100)
  return `Darkroom: ${darkroom.toFixed(2)} photos/s of ${megapixels} megapixels; the bare loop of the same image work: ${bare.toFixed(2)} (${share} %)`
}

function cellText(row: Row, system: string): string {
  const cell = row.cells.find((c) => c.system === system)
  if (cell === undefined) return '–'
  const value = showValue(cell.median, row.unit)
  return system === 'millrace' || !Number.isFinite(cell.ratio) ? value : `${value} (${showRatio(cell.ratio)})`
}
