/** Trunks in the fog, each row paler than the one before it. */
import { type Chance, cloudsOf } from '../chance.ts'
import { along, bell, hex, lit, mix, rgb } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { shade, skyline, under } from '../shapes.ts'

const ROWS = 6

export const fogWood: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const drift = cloudsOf(chance, 4)
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const depth = index / (ROWS - 1)
    const colour = mix(rgb('#b5c0b2'), rgb('#141c18'), depth ** 0.9)
    const floor = skyline(chance, { base: height * (0.74 + 0.2 * depth), rise: 22 + 20 * depth, length: 260, rough: 6 })
    const apart = 58 + 150 * depth ** 1.5
    const trunks: string[] = []
    for (let x = chance.between(-60, 20); x < SPACE + 40; x += apart * chance.between(0.5, 1.6)) {
      if (depth > 0.7 && x > 330 && x < 690) continue // the way into the light stays open
      trunks.push(trunk(chance, x, floor(x) + 14, 6 + 30 * depth ** 1.4 * chance.between(0.7, 1.25)))
    }
    const fog = shade(`f${index}`, height * 0.5, height * 0.98, [
      [0, '#dfe3d2', 0],
      [1, '#dfe3d2', 0.3 * (1 - depth)],
    ])
    return `${fog}<path fill="${hex(colour)}" d="${trunks.join('')}${under(floor, height)}"/><rect width="${SPACE}" height="${height}" fill="url(#f${index})"/>`
  })
  const air = [
    [0, rgb('#a9b6a6')],
    [0.4, rgb('#dde2cf')],
    [0.75, rgb('#cfd5c2')],
    [1, rgb('#8d9888')],
  ] as const
  return {
    lightSide: 600,
    grain: 8,
    shapes: rows.join(''),
    light: (u, v) =>
      lit(
        along(air, v),
        rgb('#fff2cc'),
        0.34 * bell(Math.hypot(u - 0.5, (v - 0.42) * 1.1), 0.28) + 0.1 * (drift(u * 3, v * 5) - 0.5),
      ),
  }
}

/** A trunk from its foot up and out of the picture, with some dead branches. */
function trunk(chance: Chance, x: number, foot: number, width: number): string {
  const lean = chance.between(-18, 18)
  const half = width / 2
  const parts = [
    `M${x - half * 1.7} ${foot + 8}Q${x - half} ${foot - 40} ${x - half + lean * 0.4} ${foot * 0.5}L${x - half * 0.75 + lean} -10L${x + half * 0.75 + lean} -10L${x + half + lean * 0.4} ${foot * 0.5}Q${x + half} ${foot - 40} ${x + half * 1.8} ${foot + 8}Z`,
  ]
  for (let count = Math.round(chance.between(4, 10)); count > 0; count -= 1) {
    const y = chance.between(0, foot * 0.72)
    const side = chance() < 0.5 ? -1 : 1
    const reach = side * width * chance.between(1.2, 3.6)
    const from = x + lean * (1 - y / foot)
    const thick = Math.max(0.7, width * 0.07)
    parts.push(
      `M${from} ${y}Q${from + reach * 0.5} ${y - Math.abs(reach) * 0.08} ${from + reach} ${y + Math.abs(reach) * chance.between(-0.45, 0.16)}Q${from + reach * 0.5} ${y + thick} ${from} ${y + thick * 2.4}Z`,
    )
  }
  return parts.join('')
}
