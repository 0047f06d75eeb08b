/** A plot of bars, in groups: one group for each thing measured, one bar for each who took part. */
import { linearScale, logScale, tickText } from './scale.ts'
import { bar, gridLine, svgFile, text } from './svg.ts'

export interface Bar {
  readonly label: string
  /** Which colour. */
  readonly series: number
  readonly value: number
  /** The value as people read it. */
  readonly shown: string
}

export interface BarPlot {
  readonly title: string
  readonly about: string
  readonly x: 'linear' | 'log'
  readonly groups: readonly { readonly title: string; readonly bars: readonly Bar[] }[]
}

const WIDTH = 760
const LEFT = 150
const RIGHT = 640
const TOP = 70
const BAR_HEIGHT = 14
const BAR_STEP = 19
const GROUP_HEAD = 22
const GROUP_GAP = 14

export function barPlot({ title, about, x, groups }: BarPlot): string {
  const values = groups.flatMap((group) => group.bars.map((one) => one.value)).filter((value) => value > 0)
  const along = { from: LEFT, to: RIGHT }
  const scale = x === 'log' ? logScale(values, along) : linearScale(values, along)
  const heights = groups.map((group) => GROUP_HEAD + group.bars.length * BAR_STEP + GROUP_GAP)
  const bottom = heights.reduce((sum, height) => sum + height, TOP)
  const body: string[] = scale.ticks.flatMap((tick) => [
    gridLine(scale.at(tick), TOP - 6, scale.at(tick), bottom),
    text({ x: scale.at(tick), y: bottom + 16, of: tickText(tick), look: 'soft', anchor: 'middle' }),
  ])
  let top = TOP
  groups.forEach((group, n) => {
    body.push(text({ x: 16, y: top + 12, of: group.title }))
    group.bars.forEach((one, m) => {
      const y = top + GROUP_HEAD + m * BAR_STEP
      const end = one.value > 0 ? Math.max(scale.at(one.value), LEFT + 1) : LEFT + 1
      body.push(
        text({ x: LEFT - 8, y: y + 11, of: one.label, look: 'soft small', anchor: 'end' }),
        bar(LEFT, y, end - LEFT, BAR_HEIGHT, one.series),
        text({ x: end + 6, y: y + 11, of: one.shown, look: 'small' }),
      )
    })
    top += heights[n] ?? 0
  })
  return svgFile({ title, about, width: WIDTH, height: bottom + 28 }, body)
}
