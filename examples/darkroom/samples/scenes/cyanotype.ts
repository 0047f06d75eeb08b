/** A fern laid on paper that the sun turned blue. */
import { type Chance, cloudsOf } from '../chance.ts'
import { clamp, mix, rgb, smooth } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'

export const cyanotype: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const brush = cloudsOf(chance, 5)
  const fibre = cloudsOf(chance, 4)
  const fronds = [
    frond(chance, { x: 500, y: height * 0.93, angle: -Math.PI / 2 - 0.06, length: height * 0.78, bend: 0.34 }),
    frond(chance, { x: 330, y: height * 0.91, angle: -Math.PI / 2 - 0.3, length: height * 0.5, bend: -0.4 }),
    frond(chance, { x: 650, y: height * 0.92, angle: -Math.PI / 2 + 0.36, length: height * 0.45, bend: 0.5 }),
  ]
  return {
    lightSide: 850,
    grain: 7,
    shapes: `<g fill="#e9f1f2" opacity=".93">${fronds.join('')}</g>`,
    light(u, v) {
      const stroke = brush(u * 3, v * 26) * 0.045 + brush(u * 22, v * 5 + 30) * 0.03
      const inside = Math.min(u - 0.045, 0.955 - u, (v - 0.045) / aspect, (0.955 - v) / aspect) + stroke - 0.036
      const paper = mix(rgb('#efeae0'), rgb('#ddd8cd'), fibre(u * 60, v * 60) * 0.8)
      const depth = 0.72 + 0.4 * (brush(u * 2 + 8, v * 2) - 0.5) + 0.12 * (fibre(u * 90, v * 90) - 0.5)
      const blue = mix(rgb('#3f83b5'), rgb('#0b2c5c'), clamp(depth + 0.16))
      return mix(paper, blue, smooth(inside / 0.012))
    },
  }
}

interface Stem {
  readonly x: number
  readonly y: number
  readonly angle: number
  readonly length: number
  /** How far it turns on its way, in radians. */
  readonly bend: number
}

const PAIRS = 34

/** A stem with leaves to both sides, each of them small leaflets, all smaller towards the tip. */
function frond(chance: Chance, stem: Stem): string {
  const parts: string[] = []
  let { x, y, angle } = stem
  const stemLine: string[] = [`M${x} ${y}`]
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const t = pair / PAIRS
    const stride = (stem.length / PAIRS) * (1.25 - 0.5 * t)
    x += Math.cos(angle) * stride
    y += Math.sin(angle) * stride
    angle += stem.bend / PAIRS
    stemLine.push(`L${x.toFixed(1)} ${y.toFixed(1)}`)
    const reach = stem.length * 0.29 * Math.min(1, 0.3 + t * 2.4) * (1 - t) ** 0.72 + 4
    if (t < 0.1) continue
    for (const side of [-1, 1])
      parts.push(leaf(chance, x, y, angle + side * (1.12 - 0.35 * t), reach * chance.between(0.9, 1.08), side))
  }
  return `<path fill="none" stroke="#e9f1f2" stroke-width="${(stem.length * 0.006).toFixed(1)}" stroke-linecap="round" d="${stemLine.join('')}"/>${parts.join('')}`
}

function leaf(chance: Chance, x0: number, y0: number, angle: number, reach: number, side: number): string {
  const leaflets = Math.max(5, Math.round(reach / 7))
  const paths: string[] = []
  for (let index = 0; index < leaflets; index += 1) {
    const t = (index + 0.5) / leaflets
    const bent = angle - side * 0.25 * t
    const x = x0 + Math.cos(bent) * reach * t
    const y = y0 + Math.sin(bent) * reach * t
    const size = (reach / leaflets) * (1.75 - 1.1 * t) + 2.6
    for (const way of [-1, 1]) paths.push(petal(x, y, bent + way * chance.between(0.85, 1.05), size, size * 0.34))
  }
  return `<path d="${paths.join('')}${petal(x0, y0, angle - side * 0.12, reach, 1.5)}"/>`
}

function petal(x: number, y: number, angle: number, length: number, width: number): string {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const at = (along: number, across: number) =>
    `${(x + cos * along - sin * across).toFixed(1)} ${(y + sin * along + cos * across).toFixed(1)}`
  return `M${at(0, 0)}Q${at(length * 0.5, width)} ${at(length, 0)}Q${at(length * 0.5, -width)} ${at(0, 0)}Z`
}
