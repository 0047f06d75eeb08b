/** Tables that are not one row per figure: the same cells for the terminal and for Markdown. */
import type { BacklogRow } from '../backlog/scenario.ts'
import { titleOf } from '../contestants/contestants.ts'
import type { IdleStatement, Point } from '../results.ts'
import { gridLines, heldCurves } from './curves.ts'
import { showValue } from './numbers.ts'

export interface Grid {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** What is in the queue's tables, by the kind of job. */
const KIND_TITLES = {
  plain: 'plain jobs',
  tracked: 'tracked jobs',
  deferred: 'delayed jobs',
  governed: 'jobs of a governed queue',
} as const

export function heldGrid(points: readonly Point[]): Grid {
  return {
    title: 'Drain while an old snapshot is held, jobs/s',
    head: ['', 'jobs passed', 'held', 'not held', 'share'],
    rows: heldCurves(points).map((curve) => [
      `${titleOf(curve.system)}, ${KIND_TITLES[curve.kind]} (${curve.setting})`,
      curve.passed.toLocaleString('en'),
      showValue(curve.heldRate, 'jobs/s'),
      showValue(curve.freeRate, 'jobs/s'),
      `${Math.round(curve.ratio * 100)} %`,
    ]),
  }
}

export function concurrencyGrid(points: readonly Point[], way: 'noop' | 'wait'): Grid {
  const lines = gridLines(points, way)
  const handlers = [...new Set(lines.flatMap((line) => line.points.map((p) => p.x)))].sort((a, b) => a - b)
  return {
    title: way === 'noop' ? 'Drain of no-op jobs, jobs/s' : 'Drain of jobs that wait 1 ms, jobs/s',
    head: ['', 'processes', ...handlers.map((n) => `${n} at a time`)],
    rows: lines.map((line) => [
      titleOf(line.system),
      String(line.processes),
      ...handlers.map((n) => {
        const point = line.points.find((p) => p.x === n)
        return point === undefined ? '' : showValue(point.value, 'jobs/s')
      }),
    ]),
  }
}

export function backlogGrid(rows: readonly BacklogRow[]): Grid {
  const show = (ms: number): string => showValue(ms, 'ms')
  return {
    title: 'Behind a backlog, ms',
    head: ['', '', 'p50', 'empty', 'p99', 'empty', 'p99 to empty'],
    rows: rows.map(({ scenario, figure, full, empty, ratio, sampleCount }) => [
      scenario,
      sampleCount === 1 ? `${figure} (once)` : figure,
      show(full.p50),
      show(empty.p50),
      show(full.p99),
      show(empty.p99),
      `${ratio.toFixed(2)} ×`,
    ]),
  }
}

export function idleGrid(statements: readonly IdleStatement[]): Grid {
  return {
    title: 'What an idle worker process asks',
    head: ['', 'statement', 'times a minute'],
    rows: statements.map(({ system, statement, perMinute }) => [
      titleOf(system),
      `\`${statement.replaceAll('|', ' ').replaceAll('`', "'")}\``,
      perMinute.toFixed(0),
    ]),
  }
}

/** Lines of a Markdown table: the first column to the left, the others to the right unless `left` names them. */
export function markdownGrid({ head, rows }: Grid, left: readonly number[] = [0]): readonly string[] {
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map((_, column) => (left.includes(column) ? '---' : '--:')).join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ]
}

/** The same for a terminal. */
export function terminalGrid({ title, head, rows }: Grid): readonly string[] {
  return rows.length === 0 ? [] : ['', ...aligned([[title, ...head.slice(1)], ...rows])]
}

/** Columns aligned: the first to the left, the others to the right. */
export function aligned(table: readonly (readonly string[])[]): readonly string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  return table.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('   ')
      .trimEnd(),
  )
}
