/** A plot of curves. */
import { linearScale, logScale, type Scale, stepScale, tickText } from './scale.ts'
import { dot, gridLine, line, svgFile, text } from './svg.ts'

export interface Curve {
  readonly label: string
  /** Which colour. */
  readonly series: number
  readonly style: 'solid' | 'dashed' | 'dotted'
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

export interface LinePlot {
  readonly title: string
  readonly about: string
  readonly xTitle: string
  readonly x: 'linear' | 'log' | 'steps'
  readonly y: 'linear' | 'log'
  readonly curves: readonly Curve[]
}

const WIDTH = 760
const PLOT = { left: 64, right: 730, top: 66, bottom: 366 }
const LEGEND_TOP = 432
const LEGEND_COLUMNS = 2
const LEGEND_LINE = 20
const DOTS_MAX = 12

export function linePlot(plot: LinePlot): string {
  const points = plot.curves.flatMap((curve) => curve.points)
  const x = xScale(plot, points)
  const across = { from: PLOT.bottom, to: PLOT.top }
  const heights = points.map((point) => point.y)
  const y = plot.y === 'log' ? logScale(heights, across) : linearScale(heights, across)
  const rows = Math.ceil(plot.curves.length / LEGEND_COLUMNS)
  const height = LEGEND_TOP + rows * LEGEND_LINE + 8
  return svgFile({ title: plot.title, about: plot.about, width: WIDTH, height }, [
    ...y.ticks.flatMap((tick) => [
      gridLine(PLOT.left, y.at(tick), PLOT.right, y.at(tick)),
      text({ x: PLOT.left - 8, y: y.at(tick) + 4, of: tickText(tick), look: 'soft', anchor: 'end' }),
    ]),
    ...x.ticks.map((tick) =>
      text({ x: x.at(tick), y: PLOT.bottom + 18, of: tickText(tick), look: 'soft', anchor: 'middle' }),
    ),
    text({ x: (PLOT.left + PLOT.right) / 2, y: PLOT.bottom + 36, of: plot.xTitle, look: 'soft', anchor: 'middle' }),
    ...plot.curves.flatMap((curve) => drawn(curve, x, y)),
    ...plot.curves.flatMap(legend),
  ])
}

function xScale({ x }: LinePlot, points: LinePlot['curves'][number]['points']): Scale {
  const along = { from: PLOT.left + 8, to: PLOT.right }
  const values = points.map((point) => point.x)
  if (x === 'log') return logScale(values, along)
  return x === 'steps' ? stepScale(values, along) : linearScale(values, along)
}

function drawn({ points, series, style }: Curve, x: Scale, y: Scale): readonly string[] {
  const places = points.map((point) => [x.at(point.x), y.at(point.y)] as const)
  const dots = places.length <= DOTS_MAX ? places.map(([left, top]) => dot(left, top, series)) : []
  return [line(places, `s${series} ${style}`), ...dots]
}

function legend({ label, series, style }: Curve, n: number): readonly string[] {
  const left = PLOT.left + (n % LEGEND_COLUMNS) * ((PLOT.right - PLOT.left) / LEGEND_COLUMNS)
  const top = LEGEND_TOP + Math.floor(n / LEGEND_COLUMNS) * LEGEND_LINE
  const sample = [
    [left, top - 4],
    [left + 30, top - 4],
  ] as const
  return [line(sample, `s${series} ${style}`), text({ x: left + 38, y: top, of: label })]
}
