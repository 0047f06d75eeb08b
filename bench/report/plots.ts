/** The plots of a report, by the names of their files. */
import { CONTESTANTS, type SystemName, titleOf } from '../contestants/contestants.ts'
import type { FigureId, Row } from '../results.ts'
import { gridLines, heldCurves } from './curves.ts'
import { showValue } from './numbers.ts'
import { type BarPlot, barPlot } from './plot/bars.ts'
import { type Curve, linePlot } from './plot/lines.ts'
import type { Report } from './report.ts'
import type { SectionName } from './sections.ts'

export interface PlotFile {
  readonly section: SectionName
  readonly name: string
  /** What it shows: the words for who does not see it. */
  readonly about: string
  readonly svg: string
}

/** Everything that the report has figures for. */
export function plotsOf(report: Report): readonly PlotFile[] {
  return [...peerPlots(report), ...heldPlots(report), ...concurrencyPlots(report), ...backlogPlots(report)]
}

interface Bars {
  readonly name: string
  readonly title: string
  readonly about: string
  readonly x: BarPlot['x']
  readonly figures: readonly FigureId[]
}

const PEERS: readonly Bars[] = [
  {
    name: 'throughput',
    title: 'Throughput',
    about: 'Per second, medians; more is better. The scale is logarithmic.',
    x: 'log',
    figures: ['bulk', 'drain', 'transactional', 'single20', 'single50', 'http'],
  },
  {
    name: 'latency',
    title: 'From submit to the first line of the handler',
    about: 'Milliseconds on an idle queue; less is better.',
    x: 'linear',
    figures: ['latencyP50', 'latencyP99'],
  },
  {
    name: 'idle',
    title: 'A worker process with nothing to do',
    about: 'What it asks of the database; less is better.',
    x: 'linear',
    figures: ['idleStatements', 'idleTransactions'],
  },
  {
    name: 'wal',
    title: 'Write-ahead log of one job, from submit to its end',
    about: 'Bytes; less is better. The scale is logarithmic.',
    x: 'log',
    figures: ['walBulk', 'walSingle', 'walTracked', 'walDeferred', 'walGoverned'],
  },
]

function peerPlots({ rows }: Report): readonly PlotFile[] {
  return PEERS.flatMap(({ name, title, about, x, figures }) => {
    const groups = figures.flatMap((id) => {
      const row = rows.find((r) => r.id === id)
      return row === undefined ? [] : [{ title: `${row.title}, ${row.unit}`, bars: barsOf(row) }]
    })
    return groups.length === 0 ? [] : [file('peers', name, about, barPlot({ title, about, x, groups }))]
  })
}

function barsOf(row: Row): BarPlot['groups'][number]['bars'] {
  return row.cells.map(({ system, median }) => ({
    label: titleOf(system),
    series: seriesOf(system),
    value: median,
    shown: showValue(median, row.unit),
  }))
}

/** The colour of what belongs to nobody else. */
const GREY = 4

function heldPlots({ points }: Report): readonly PlotFile[] {
  const curves = heldCurves(points)
  if (curves.length === 0) return []
  const axes = { xTitle: 'jobs that have passed', x: 'log', y: 'log' } as const
  const peers =
    'Drain over the jobs that have passed since the snapshot was taken, jobs/s. Both scales are logarithmic.'
  const ours = 'The same for every table of the engine: jobs/s over jobs passed. Both scales are logarithmic.'
  const systems = curves
    .filter(({ kind }) => kind === 'plain')
    .flatMap((curve) =>
      both(
        curve,
        `${titleOf(curve.system)} (${curve.setting})`,
        curve.setting === 'no local queue' ? GREY : seriesOf(curve.system),
      ),
    )
  const kinds = curves
    .filter(({ system }) => system === 'millrace')
    .flatMap((curve, n) => both(curve, `${curve.kind} jobs`, n))
  const [first, second] = ['Drain while an old snapshot is held', 'Millrace while an old snapshot is held']
  return [
    file('held', 'held', peers, linePlot({ title: first, about: peers, ...axes, curves: systems })),
    file('held', 'held-tables', ours, linePlot({ title: second, about: ours, ...axes, curves: kinds })),
  ]
}

function both(curve: ReturnType<typeof heldCurves>[number], label: string, series: number): readonly Curve[] {
  const points = (of: typeof curve.held): Curve['points'] => of.map((p) => ({ x: p.x, y: p.value }))
  return [
    { label: `${label}, held`, series, style: 'solid', points: points(curve.held) },
    { label: `${label}, not held`, series, style: 'dashed', points: points(curve.free) },
  ]
}

const STYLES = { 1: 'solid', 2: 'dashed', 4: 'dotted' } as const

function concurrencyPlots({ points }: Report): readonly PlotFile[] {
  return (['noop', 'wait'] as const).flatMap((way) => {
    const lines = gridLines(points, way)
    if (lines.length === 0) return []
    const what = way === 'noop' ? 'no-op jobs' : 'jobs that wait 1 ms'
    const about = `Drain of ${what}, jobs/s, by handlers at a time in 1, 2 and 4 worker processes. Logarithmic scales.`
    const curves = lines.map((line): Curve => {
      const label = `${titleOf(line.system)}, ${line.processes} process${line.processes === 1 ? '' : 'es'}`
      const series = seriesOf(line.system)
      return { label, series, style: STYLES[line.processes], points: line.points.map((p) => ({ x: p.x, y: p.value })) }
    })
    const plot = { title: `Concurrency: ${what}`, about, xTitle: 'handlers at a time in each process', curves } as const
    return [file('concurrency', `concurrency-${way}`, about, linePlot({ ...plot, x: 'steps', y: 'log' }))]
  })
}

function backlogPlots({ backlog }: Report): readonly PlotFile[] {
  if (backlog.length === 0) return []
  const about = 'p99 in milliseconds, behind a backlog and on an empty queue; less is better. The scale is logarithmic.'
  const groups = backlog.map(({ scenario, figure, full, empty }) => ({
    title: `${scenario}: ${figure}`,
    bars: [
      { label: 'behind the backlog', series: 0, value: full.p99, shown: showValue(full.p99, 'ms') },
      { label: 'empty', series: GREY, value: empty.p99, shown: showValue(empty.p99, 'ms') },
    ],
  }))
  return [file('backlog', 'backlog', about, barPlot({ title: 'Behind a backlog', about, x: 'log', groups }))]
}

function seriesOf(system: SystemName): number {
  return CONTESTANTS.findIndex(({ name }) => name === system)
}

function file(section: SectionName, name: string, about: string, svg: string): PlotFile {
  return { section, name, about, svg }
}
