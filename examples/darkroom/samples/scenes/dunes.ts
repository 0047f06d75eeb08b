/** A sea of sand in the evening, from above: each crest lit from the left, its other side in shadow. */
import { cloudsOf, noiseOf } from '../chance.ts'
import { along, bell, clamp, lit, mix, rgb, scaled, smooth } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { skyline, under } from '../shapes.ts'

const HORIZON = 0.36

export const dunes: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const large = noiseOf(chance)
  const bend = cloudsOf(chance, 3)
  const haze = cloudsOf(chance, 4)
  /** How high the sand lies: folds with a sharp crest, long in one direction, bent by slower noise. */
  const sand = (x: number, y: number) => {
    const wind = x + 1.6 * (bend(x * 0.35, y * 0.35) - 0.5) + y * 0.22
    const fold = 1 - Math.abs(2 * large(wind * 0.62, y * 0.3) - 1)
    const small = 1 - Math.abs(2 * large(wind * 1.7 + 50, y * 0.8 + 9) - 1)
    return fold + 0.2 * small
  }
  const far = skyline(chance, { base: height * (HORIZON + 0.012), rise: 9, length: 150, rough: 3 })
  const sky = [
    [0, rgb('#557fa8')],
    [0.6, rgb('#c9b9a6')],
    [1, rgb('#f7cf9d')],
  ] as const
  const glow = rgb('#f3c799')
  return {
    lightSide: 900,
    grain: 6,
    shapes: `<path fill="#d9a987" d="${under(far, height * (HORIZON + 0.03))}"/>`,
    light(u, v) {
      const sun = lit(along(sky, v / HORIZON), rgb('#ffd9a0'), 0.22 * bell(Math.hypot(u - 0.1, v - HORIZON), 0.36))
      if (v < HORIZON) return lit(sun, rgb('#ffffff'), 0.1 * (haze(u * 3, v * 12) - 0.5))
      const depth = 0.5 / (v - HORIZON + 0.055)
      const x = (u - 0.5) * depth * 2.1 + 31
      const y = depth * 1.9
      const d = 0.012
      const slope = (sand(x + d, y) - sand(x - d, y)) / (2 * d)
      const away = clamp((sand(x, y - d) - sand(x, y + d)) / (2 * d))
      const facing = smooth(0.5 + slope * 0.62)
      const ripple = Math.sin((x * 30 + bend(x * 3, y * 3) * 16 + y * 46) * 1.6) * 0.035 * clamp(1.6 - depth * 0.75)
      const shadow = mix(rgb('#8a3c1e'), rgb('#5a2312'), clamp(sand(x, y) * 0.5 + away * 0.3))
      const bright = mix(rgb('#d9813f'), rgb('#f2b06a'), clamp(sand(x, y) * 0.75))
      const grained = scaled(mix(shadow, bright, facing), 1 + ripple * (0.4 + facing))
      return mix(grained, glow, smooth(clamp((depth - 1.6) / 8)) * 0.9)
    },
  }
}
