/** The last light on a summit. */
import { cloudsOf } from '../chance.ts'
import { along, bell, clamp, lit, mix, type Rgb, rgb, smooth } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { skyline, under, wood } from '../shapes.ts'

export const alpenglow: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const crags = cloudsOf(chance, 6)
  const edge = cloudsOf(chance, 7)
  const clouds = cloudsOf(chance, 5)
  const sky = [
    [0, rgb('#26396b')],
    [0.45, rgb('#7a74a6')],
    [0.66, rgb('#e2a0a4')],
    [0.8, rgb('#8f92b8')],
    [1, rgb('#5f6f98')],
  ] as const
  const skylineAt = (u: number) => {
    const summit = Math.max(
      0.9 - 1.75 * Math.abs(u - 0.54),
      0.55 - 1.15 * Math.abs(u - 0.2),
      0.5 - 1.3 * Math.abs(u - 0.86),
    )
    return 0.9 - 0.78 * Math.max(0.08, summit) - (edge(u * 9, 4) - 0.5) * 0.12
  }
  /** Ridges as the folds of the noise: sharp where it turns. */
  const relief = (u: number, v: number) => {
    const fold = 1 - Math.abs(2 * crags(u * 3.4 + (v - 0.4) * 0.7, v * 2.4) - 1)
    return fold + 0.34 * (1 - Math.abs(2 * crags(u * 9 + 5, v * 6) - 1))
  }
  const rock = (u: number, v: number, top: number): Rgb => {
    const d = 0.004
    const slopeX = (relief(u + d, v) - relief(u - d, v)) / (2 * d)
    const slopeY = (relief(u, v + d) - relief(u, v - d)) / (2 * d)
    const towards = clamp(0.5 - slopeX * 0.085 + slopeY * 0.03 - (u - 0.52) * 0.7)
    const stone = clamp((Math.abs(slopeX) + Math.abs(slopeY) - 7.5) * 0.16) * 0.72
    const shadow = mix(rgb('#3f4f86'), rgb('#20284a'), stone)
    const sunlit = mix(rgb('#ffb39a'), rgb('#a4503f'), stone)
    const high = smooth((0.78 - v) / 0.24)
    const colour = mix(shadow, sunlit, smooth((towards - 0.3) * 2.4) * high)
    return mix(
      lit(colour, rgb('#ff8a70'), 0.12 * high * bell(v - top, 0.1)),
      rgb('#8d93ba'),
      0.55 * smooth((v - 0.6) / 0.34),
    )
  }
  const wall = skyline(chance, { base: height * 0.9, rise: 28, length: 300, rough: 4 })
  return {
    lightSide: 850,
    grain: 5,
    shapes: `<path fill="#141b34" d="${under(wall, height)}${wood(chance, wall, { apart: 13, height: 74 })}"/>`,
    light(u, v) {
      const top = skylineAt(u)
      const share = smooth((v - top) * 420)
      if (share === 1) return rock(u, v, top)
      const veil = clamp((clouds(u * 3, v * 9) - 0.48) * 3) * bell(v - 0.3, 0.16)
      const air = mix(along(sky, v), rgb('#f6b6a6'), veil * 0.55)
      return share === 0 ? air : mix(air, rock(u, v, top), share)
    },
  }
}
