/** Soft hills in the early light, with cypresses and one house. */
import { type Chance, cloudsOf } from '../chance.ts'
import { along, bell, hex, lit, mix, rgb } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { type Line, shade, skyline, under } from '../shapes.ts'

const HILLS = 6

export const hills: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const haze = cloudsOf(chance, 5)
  const layers = Array.from({ length: HILLS }, (_, index) => {
    const depth = index / (HILLS - 1)
    const base = height * (0.5 + 0.42 * depth ** 1.25)
    const line = skyline(chance, { base, rise: 36 + 62 * depth, length: 210 + 170 * depth, rough: 2 })
    const top = mix(rgb('#d3c7a0'), chance.pick([rgb('#7d8f3c'), rgb('#94963f'), rgb('#6b8440')]), 0.2 + 0.8 * depth)
    const foot = mix(mix(top, rgb('#27402a'), 0.25 + 0.5 * depth), rgb('#f2dfb4'), 0.6 * (1 - depth))
    const parts = [
      shade(`h${index}`, base - 60, base + 130, [
        [0, hex(mix(top, rgb('#ffe9a8'), 0.28))],
        [0.4, hex(top)],
        [1, hex(foot)],
      ]),
      `<path fill="url(#h${index})" d="${under(line, height)}"/>`,
    ]
    if (depth > 0.5) parts.push(furrows(line, depth))
    if (depth > 0.15 && depth < 0.95) parts.push(cypresses(chance, line, depth))
    if (index === 3) parts.push(house(612, line(612)))
    return parts.join('')
  })
  const sky = [
    [0, rgb('#7fa8c4')],
    [0.4, rgb('#ead9b4')],
    [0.6, rgb('#f5d79b')],
    [1, rgb('#e8d09a')],
  ] as const
  return {
    lightSide: 700,
    grain: 6,
    shapes: layers.join(''),
    light: (u, v) =>
      lit(
        along(sky, v),
        rgb('#ffe6b0'),
        0.16 * bell(Math.hypot(u - 0.82, v - 0.34), 0.3) + 0.2 * Math.max(0, haze(u * 3, v * 10) - 0.5),
      ),
  }
}

function furrows(line: Line, depth: number): string {
  const lines: string[] = []
  for (let down = 8; down < 320; down += 9 * depth + down * 0.05) {
    const points: string[] = []
    for (let x = -10; x <= SPACE + 10; x += 14)
      points.push(`${x} ${(line(x) + down * (1 + 0.35 * Math.sin(x / 240 + depth * 9))).toFixed(1)}`)
    lines.push(`M${points.join('L')}`)
  }
  return `<path fill="none" stroke="#2c4424" stroke-opacity=".2" stroke-width="${(2.2 * depth).toFixed(1)}" d="${lines.join('')}"/>`
}

function cypresses(chance: Chance, line: Line, depth: number): string {
  const trees: string[] = []
  for (let cluster = 0; cluster < 4; cluster += 1) {
    let x = chance.between(40, SPACE - 60)
    for (let count = Math.round(chance.between(2, 6)); count > 0; count -= 1) {
      const tall = (16 + 52 * depth) * chance.between(0.7, 1.15)
      const y = line(x) + 3
      trees.push(
        `M${x} ${y - tall}C${x + tall * 0.16} ${y - tall * 0.5} ${x + tall * 0.13} ${y - tall * 0.1} ${x + 1} ${y}L${x - 1} ${y}C${x - tall * 0.13} ${y - tall * 0.1} ${x - tall * 0.16} ${y - tall * 0.5} ${x} ${y - tall}Z`,
      )
      x += tall * chance.between(0.35, 0.75)
    }
  }
  return `<path fill="${hex(mix(rgb('#7d8a63'), rgb('#17261a'), 0.35 + 0.65 * depth))}" d="${trees.join('')}"/>`
}

function house(x: number, ground: number): string {
  const y = ground + 4
  return `<path fill="#e9cfa4" d="M${x} ${y}v-19h40v19z"/><path fill="#b9986f" d="M${x + 40} ${y}v-19l7 -8 9 8v19z"/>
    <path fill="#a4583a" d="M${x - 3} ${y - 18}l9 -11h43l-9 11z"/><path fill="#6d4f3a" d="M${x + 8} ${y - 12}h4v6h-4zM${x + 22} ${y - 12}h4v6h-4z"/>`
}
