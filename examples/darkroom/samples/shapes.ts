/** Shapes that several scenes are drawn with. */
import { type Chance, cloudsOf, type Noise } from './chance.ts'
import { SPACE } from './scene.ts'

export type Line = (x: number) => number

/** A rolling skyline: y for each x. `rough` is how many octaves of noise. */
export function skyline(
  chance: Chance,
  line: { readonly base: number; readonly rise: number; readonly length: number; readonly rough: number },
): Line {
  const noise: Noise = cloudsOf(chance, line.rough)
  const shift = chance.between(0, 200)
  return (x) => line.base - line.rise * (noise(shift + x / line.length, 0.5) * 2 - 0.5)
}

/** A skyline of summits, about `apart` from each other and up to `rise` high, with broken flanks. */
export function summits(
  chance: Chance,
  line: { readonly base: number; readonly rise: number; readonly apart: number; readonly steep: number },
): Line {
  const flanks = cloudsOf(chance, 6)
  const tops: { readonly x: number; readonly height: number }[] = []
  for (let x = -line.apart; x < SPACE + line.apart; x += line.apart * chance.between(0.6, 1.4)) {
    tops.push({ x, height: line.rise * chance.between(0.5, 1) })
  }
  return (x) => {
    const broken = (flanks(x / (line.apart * 0.55), 2) - 0.5) * line.rise * 0.62
    const height = Math.max(...tops.map((top) => top.height - Math.abs(x - top.x) * line.steep))
    return line.base - Math.max(height, line.rise * 0.16) - broken
  }
}

/** Everything under a line, as the `d` of a path. */
export function under(line: Line, bottom: number, stepWidth = 2): string {
  const points: string[] = []
  for (let x = -10; x <= SPACE + 10; x += stepWidth) points.push(`${x} ${line(x).toFixed(1)}`)
  return `M-10 ${bottom}L${points.join('L')}L${SPACE + 10} ${bottom}Z`
}

/** A gradient from above to below, in the space's own units. */
export function shade(
  id: string,
  top: number,
  bottom: number,
  stops: readonly (readonly [number, string, number?])[],
): string {
  const list = stops.map(
    ([at, colour, opacity]) => `<stop offset="${at}" stop-color="${colour}" stop-opacity="${opacity ?? 1}"/>`,
  )
  return `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="0" x2="0" y1="${top}" y2="${bottom}">${list.join('')}</linearGradient>`
}

/** A spruce, from its foot: tiers that grow wider downwards. */
export function spruce(chance: Chance, x: number, foot: number, height: number): string {
  const tiers = Math.max(5, Math.round(height / 5))
  const right: string[] = []
  const left: string[] = []
  for (let tier = 1; tier <= tiers; tier += 1) {
    const y = foot - height + (height * tier) / tiers
    const reach = height * 0.19 * (tier / tiers) ** 0.85
    right.push(
      `${(x + reach * chance.between(0.7, 1.15)).toFixed(1)} ${y.toFixed(1)}`,
      `${(x + reach * 0.45).toFixed(1)} ${(y - height * 0.012).toFixed(1)}`,
    )
    left.unshift(
      `${(x - reach * 0.45).toFixed(1)} ${(y - height * 0.012).toFixed(1)}`,
      `${(x - reach * chance.between(0.7, 1.15)).toFixed(1)} ${y.toFixed(1)}`,
    )
  }
  return `M${x.toFixed(1)} ${(foot - height).toFixed(1)}L${right.join('L')}L${(x + 1).toFixed(1)} ${foot + 4}L${(x - 1).toFixed(1)} ${foot + 4}L${left.join('L')}Z`
}

/** A wood that stands on a line. */
export function wood(
  chance: Chance,
  line: Line,
  trees: { readonly apart: number; readonly height: number; readonly from?: number; readonly to?: number },
): string {
  const paths: string[] = []
  for (let x = trees.from ?? -10; x < (trees.to ?? SPACE + 10); x += trees.apart * chance.between(0.35, 1.5)) {
    paths.push(spruce(chance, x, line(x) + 3, trees.height * chance.between(0.5, 1.15)))
  }
  return paths.join('')
}

/** Stars: many faint ones, a few bright. `fill-opacity`, not `opacity`: for that, each would be drawn on a sheet of its own. */
export function stars(chance: Chance, count: number, bottom: number): string {
  const tints = ['#ffffff', '#cfe0ff', '#fff0d8', '#ffffff'] as const
  const one = () => {
    const bright = chance() ** 5
    const place = `cx="${chance.between(0, SPACE).toFixed(1)}" cy="${(bottom * chance() ** 1.1).toFixed(1)}"`
    return `<circle ${place} r="${(0.32 + bright * 1.15).toFixed(2)}" fill="${chance.pick(tints)}" fill-opacity="${(0.25 + 0.75 * Math.max(bright, chance() ** 2)).toFixed(2)}"/>`
  }
  return Array.from({ length: count }, one).join('')
}
