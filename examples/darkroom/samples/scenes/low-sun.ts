/** The sun just over the sea. */
import { cloudsOf } from '../chance.ts'
import { along, bell, clamp, lit, mix, rgb, scaled } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { skyline, under } from '../shapes.ts'

const HORIZON = 0.58
const SUN = { u: 0.4, v: 0.525 }

export const lowSun: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const clouds = cloudsOf(chance, 5)
  const waves = cloudsOf(chance, 4)
  const stops = [
    [0, rgb('#34466f')],
    [0.35, rgb('#8c6f8f')],
    [0.7, rgb('#ee9a63')],
    [1, rgb('#ffc877')],
  ] as const
  const sky = (u: number, v: number) => {
    const sun = Math.hypot((u - SUN.u) * aspect, v - SUN.v)
    const base = along(stops, v / HORIZON)
    const cover = clamp((clouds(u * 3.2 + v, v * 11) - 0.46) * 3.4) * clamp(v * 5) * clamp((HORIZON - v) * 6)
    const cloud = mix(rgb('#5a4a6a'), rgb('#ff9a66'), clamp(v / HORIZON) ** 2)
    const clouded = mix(base, cloud, cover * 0.75)
    return lit(
      lit(clouded, rgb('#ff9248'), 0.34 * bell(sun, 0.17)),
      rgb('#fff0d8'),
      0.4 * bell(sun, 0.05) + 1.4 * bell(sun, 0.021),
    )
  }
  const coast = skyline(chance, { base: height * HORIZON, rise: 30, length: 90, rough: 5 })
  const headland = (x: number) =>
    Math.min(height * HORIZON + 1.5, coast(x) + Math.max(0, (890 - x) * 0.22) - Math.max(0, x - 800) * 0.08)
  const birds = Array.from({ length: 9 }, () => {
    const x = chance.between(520, 760)
    const y = height * chance.between(0.16, 0.36)
    const wing = chance.between(4, 8)
    return `M${x - wing} ${y - wing * 0.45}q${wing * 0.6} ${-wing * 0.2} ${wing} ${wing * 0.5}q${wing * 0.4} ${-wing * 0.7} ${wing} ${-wing * 0.5}`
  })
  return {
    lightSide: 1_050,
    grain: 6,
    shapes: `<path fill="#2b2036" opacity=".93" d="${under(headland, height * HORIZON + 1.5)}"/>
      <path fill="none" stroke="#33263c" stroke-width="1.1" stroke-linecap="round" d="${birds.join('')}"/>`,
    light(u, v) {
      if (v < HORIZON) return sky(u, v)
      const depth = (v - HORIZON) / (1 - HORIZON)
      const near = 0.02 + depth
      const swell = waves(u * (9 / near) ** 0.7 + 40, 26 * Math.sqrt(depth) + 3 / near) - 0.5
      const water = scaled(
        sky(u + swell * 0.05 * near, HORIZON * (1 - depth * 0.85) + swell * 0.14),
        0.8 - 0.42 * depth,
      )
      const path = bell(u - SUN.u + swell * 0.09 * near, 0.022 + 0.1 * depth)
      const glitter = clamp((waves(u * 46, 9 + 62 * depth ** 0.6) - 0.43) * 5) * path
      return lit(lit(water, rgb('#ffb56b'), glitter * (0.95 - 0.4 * depth)), rgb('#20304a'), swell * 0.5 * depth)
    },
  }
}
