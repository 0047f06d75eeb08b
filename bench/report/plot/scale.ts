/** From values to places on the paper. */

export interface Scale {
  at(value: number): number
  readonly ticks: readonly number[]
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** Powers of ten, from the one below the least value to the one above the greatest. */
export function logScale(values: readonly number[], { from, to }: Range): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9)
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return {
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
    ticks: Array.from({ length: high - low + 1 }, (_, n) => 10 ** (low + n)),
  }
}

/** The values themselves, evenly spaced by their logarithm: few of them, each with a tick. */
export function stepScale(values: readonly number[], { from, to }: Range): Scale {
  const ticks = [...new Set(values)].sort((a, b) => a - b)
  const [low = 1, high = 2] = [ticks[0], ticks.at(-1)]
  const span = Math.log(high / low) || 1
  return { at: (value) => from + (Math.log(value / low) / span) * (to - from), ticks }
}

/** From zero, with four or five round ticks. */
export function linearScale(values: readonly number[], { from, to }: Range): Scale {
  const most = Math.max(...values, Number.MIN_VALUE)
  const rough = most / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power
  const count = Math.ceil(most / step)
  return {
    at: (value) => from + (value / (count * step)) * (to - from),
    ticks: Array.from({ length: count + 1 }, (_, n) => n * step),
  }
}

/** Short, for an axis: 20k, 1.5M. */
export function tickText(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`
  if (value >= 1e3) return `${value / 1e3}k`
  return String(Number(value.toPrecision(3)))
}
