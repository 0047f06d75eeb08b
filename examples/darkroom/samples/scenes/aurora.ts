/** Northern lights over a lake that is not yet frozen. */
import { cloudsOf } from '../chance.ts'
import { along, bell, clamp, lit, mix, type Rgb, rgb, scaled } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { shade, skyline, stars, summits, under, wood } from '../shapes.ts'

const SHORE = 0.68
const CURTAINS = [
  { base: 0.46, bend: 0.3, strength: 1, seed: 3 },
  { base: 0.34, bend: 0.36, strength: 0.55, seed: 31 },
  { base: 0.54, bend: 0.14, strength: 0.5, seed: 57 },
] as const

export const aurora: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const folds = cloudsOf(chance, 3)
  const rays = cloudsOf(chance, 4)
  const water = cloudsOf(chance, 4)
  const night = [
    [0, rgb('#050a18')],
    [0.7, rgb('#0d1f33')],
    [1, rgb('#1c3a48')],
  ] as const
  const sky = (u: number, v: number): Rgb => {
    let colour = along(night, v / SHORE)
    for (const { base, bend, strength, seed } of CURTAINS) {
      const edge = base + (folds(u * 2.1 + seed, seed) - 0.5) * bend * 1.6
      const up = edge - v
      const ray = 0.35 + 0.65 * rays(u * 26 + seed + folds(u * 4, v + seed) * 3, v * 1.2 + seed)
      const glow = up > 0 ? Math.exp(-up * 5.2) * ray : bell(up, 0.022)
      const light = strength * glow * (0.5 + 0.8 * folds(u * 3.4 + seed * 2, 7))
      colour = lit(colour, mix(rgb('#38f09a'), rgb('#a04ad8'), clamp(up * 2.7)), light * 0.95)
    }
    return colour
  }
  const peaks = summits(chance, { base: height * 0.655, rise: 92, apart: 210, steep: 0.5 })
  const shore = skyline(chance, { base: height * SHORE - 3, rise: 7, length: 200, rough: 4 })
  const mirrored = (inside: string) =>
    `<g transform="translate(0 ${2 * height * SHORE}) scale(1 -1)" opacity=".72">${inside}</g>`
  const mountains = `<path fill="url(#snow)" d="${under(peaks, height * SHORE)}"/>`
  return {
    lightSide: 780,
    grain: 8,
    shapes: `${shade('snow', height * 0.5, height * SHORE, [
      [0, '#56727f'],
      [0.45, '#1d3442'],
      [1, '#0b1721'],
    ])}${stars(chance, 520, height * 0.6)}${mountains}${mirrored(mountains)}
      <path fill="#050b10" d="${under(shore, height * SHORE + 2)}${wood(chance, shore, { apart: 8, height: 26 })}"/>
      ${mirrored(`<path fill="#050b10" d="${wood(chance, shore, { apart: 8, height: 24 })}"/>`)}`,
    light(u, v) {
      if (v < SHORE) return sky(u, v)
      const depth = (v - SHORE) / (1 - SHORE)
      const swell = water(u * 14, 60 * depth ** 0.7) - 0.5
      return scaled(
        sky(u + swell * 0.02, SHORE - (v - SHORE) * 1.5 + swell * 0.07 * (0.3 + depth)),
        0.66 - 0.22 * depth,
      )
    },
  }
}
