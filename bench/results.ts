/** What a run finds: single measurements as they come, and the medians that are quoted. */
import { CONTESTANTS, type SystemName } from './contestants/contestants.ts'
import type { JobKind } from './contestants/system.ts'
import type { MeasureName } from './options.ts'

/** One row of the table. */
export interface Figure {
  readonly id: string
  readonly measure: MeasureName
  readonly title: string
  readonly unit: string
  readonly isLessBetter: boolean
}

const rate = <I extends string>(id: I, measure: MeasureName, title: string, unit: string) => ({
  id,
  measure,
  title,
  unit,
  isLessBetter: false,
})
const less = <I extends string>(id: I, measure: MeasureName, title: string, unit: string) => ({
  id,
  measure,
  title,
  unit,
  isLessBetter: true,
})
const time = <I extends string>(id: I, measure: MeasureName, title: string) => less(id, measure, title, 'ms')

export const FIGURES = [
  rate('bulk', 'bulk', 'bulk enqueue', 'jobs/s'),
  rate('drain', 'drain', 'drain of no-op jobs, one worker process', 'jobs/s'),
  rate('transactional', 'transactional', 'drain, each job writing one row in its own transaction', 'jobs/s'),
  rate('single20', 'single', 'single enqueue, 20 callers', 'jobs/s'),
  rate('single50', 'single', 'single enqueue, 50 callers', 'jobs/s'),
  time('latencyP50', 'latency', 'submit → start, idle queue, p50'),
  time('latencyP99', 'latency', 'submit → start, idle queue, p99'),
  rate('http', 'http', 'HTTP POST → stored → 202, 50 connections', 'requests/s'),
  rate('httpTracked', 'http', 'the same, with an operation to ask about', 'requests/s'),
  less('idleStatements', 'idle', 'an idle worker process: statements', 'a second'),
  less('idleTransactions', 'idle', 'an idle worker process: transactions', 'a second'),
  less('idleXids', 'idle', 'an idle worker process: transactions that write', 'a minute'),
  less('walBulk', 'wal', 'write-ahead log of a job, submitted in bulk', 'bytes'),
  less('walSingle', 'wal', 'write-ahead log of a job, submitted alone', 'bytes'),
  less('walTracked', 'wal', 'write-ahead log of a tracked job', 'bytes'),
  less('walDeferred', 'wal', 'write-ahead log of a delayed job', 'bytes'),
  less('walGoverned', 'wal', 'write-ahead log of a job in a governed queue', 'bytes'),
  less('commitsBulk', 'wal', 'commits for a job, submitted in bulk', 'commits'),
  less('commitsSingle', 'wal', 'commits for a job, submitted alone', 'commits'),
  less('commitsTracked', 'wal', 'commits for a tracked job', 'commits'),
  less('commitsDeferred', 'wal', 'commits for a delayed job', 'commits'),
  less('commitsGoverned', 'wal', 'commits for a job in a governed queue', 'commits'),
] as const satisfies readonly Figure[]

export type FigureId = (typeof FIGURES)[number]['id']

/** One measurement. A latency's p50 and p99 carry their round's samples apart, see `Findings`. */
export interface Finding {
  readonly round: number
  readonly system: SystemName
  readonly figure: FigureId
  readonly setting: string
  readonly value: number
}

/** A curve: the drain over jobs that have passed, or over handlers at a time. */
export type CurveId = `${JobKind} ${'free' | 'held'}` | `${'noop' | 'wait'} ${1 | 2 | 4}`

/** A point of a curve. */
export interface Point {
  readonly round: number
  readonly system: SystemName
  readonly curve: CurveId
  readonly setting: string
  readonly x: number
  readonly value: number
}

/** What an idle worker process asks, again and again. */
export interface IdleStatement {
  readonly system: SystemName
  /** Its name, or how it begins. */
  readonly statement: string
  readonly perMinute: number
}

/** Darkroom beside a bare loop of the same image work, photos per second. */
export interface PhotoFinding {
  readonly round: number
  readonly who: 'darkroom' | 'bare'
  readonly value: number
}

export interface Cell {
  readonly system: SystemName
  readonly setting: string
  readonly median: number
  readonly lowest: number
  readonly highest: number
  readonly count: number
  /** How many times better Millrace is: above 1 in its favour, whichever way the figure points. */
  readonly ratio: number
}

export interface Row extends Figure {
  readonly cells: readonly Cell[]
}

/** The table: medians over the rounds, of each system's best setting. */
export function summarise(findings: readonly Finding[]): readonly Row[] {
  return FIGURES.flatMap((figure) => {
    const cells = CONTESTANTS.flatMap(({ name }) => {
      const cell = bestCell(
        findings.filter((f) => f.system === name && f.figure === figure.id),
        figure,
      )
      return cell === undefined ? [] : [cell]
    })
    const ours = cells.find((cell) => cell.system === 'millrace')?.median
    if (cells.length === 0) return []
    return [{ ...figure, cells: cells.map((cell) => ({ ...cell, ratio: ratioOf(figure, ours, cell.median) })) }]
  })
}

/** Of the settings that were measured in most rounds, the best one. */
function bestCell(findings: readonly Finding[], figure: Figure): Omit<Cell, 'ratio'> | undefined {
  const bySetting = Map.groupBy(findings, (f) => f.setting)
  const cells = [...bySetting].flatMap(([setting, group]) => {
    const [first] = group
    if (first === undefined) return []
    const values = group.map((f) => f.value)
    const [lowest, highest] = [Math.min(...values), Math.max(...values)]
    return [{ system: first.system, setting, median: median(values), lowest, highest, count: values.length }]
  })
  const better = (a: number, b: number): number => (figure.isLessBetter ? a - b : b - a)
  return cells.sort((a, b) => b.count - a.count || better(a.median, b.median))[0]
}

function ratioOf(figure: Figure, ours: number | undefined, theirs: number): number {
  if (ours === undefined) return Number.NaN
  return figure.isLessBetter ? theirs / ours : ours / theirs
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}

/** The value below which `share` (0 to 1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
