/** Ridge behind ridge in the mist of the morning. */
import { cloudsOf } from '../chance.ts'
import { along, bell, hex, lit, mix, rgb } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { shade, skyline, under, wood } from '../shapes.ts'

const RIDGES = 8
const FAR = rgb('#d9a78f')
const MIDDLE = rgb('#6d7f99')
const NEAR = rgb('#101d29')
const MIST = rgb('#f0c9a8')

export const ridges: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const clouds = cloudsOf(chance, 4)
  const sky = [
    [0, rgb('#5f84a8')],
    [0.25, rgb('#a9b7bd')],
    [0.44, rgb('#f6cf9f')],
    [0.6, rgb('#f3b98c')],
    [1, rgb('#d9a78f')],
  ] as const
  const layers = Array.from({ length: RIDGES }, (_, index) => {
    const depth = index / (RIDGES - 1) // 0 far, 1 near
    const base = height * (0.44 + 0.5 * depth ** 1.15)
    const line = skyline(chance, { base, rise: 34 + 50 * depth, length: 130 + 130 * depth, rough: 6 })
    const colour = depth < 0.5 ? mix(FAR, MIDDLE, depth * 2) : mix(MIDDLE, NEAR, depth * 2 - 1)
    const foot = mix(colour, MIST, 0.75 * (1 - depth) + 0.12)
    const gradient = shade(`r${index}`, base - 50, base + 110, [
      [0, hex(colour)],
      [1, hex(foot)],
    ])
    const trees = depth > 0.55 ? wood(chance, line, { apart: 9 + 8 * depth, height: 16 + 58 * (depth - 0.5) }) : ''
    return `${gradient}<path fill="url(#r${index})" d="${under(line, height)}"/><path fill="${hex(colour)}" d="${trees}"/>`
  })
  return {
    lightSide: 700,
    grain: 5,
    shapes: layers.join(''),
    light(u, v) {
      const sun = Math.hypot((u - 0.67) * aspect, v - 0.4)
      const streak = bell(v - 0.25, 0.16) * Math.max(0, clouds(u * 3, v * 16) - 0.42)
      const base = lit(along(sky, v), rgb('#ffd29a'), 0.2 * bell(sun, 0.26) + 0.7 * bell(sun, 0.038))
      return lit(base, rgb('#ffe2c4'), streak * 0.8)
    },
  }
}
