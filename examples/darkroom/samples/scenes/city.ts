/** A street at night in the rain, out of focus. */
import { along, bell, lit, rgb } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'

const LIGHTS = [
  '#ffb347',
  '#ff8a3c',
  '#ffd98a',
  '#ff4d3a',
  '#ff2f45',
  '#5fd0d8',
  '#a8e0ff',
  '#fff1d6',
  '#7bd88f',
] as const
const DISCS = 210

export const city: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const street = height * 0.6
  const discs: string[] = []
  const reflections: string[] = []
  for (let index = 0; index < DISCS; index += 1) {
    const near = chance() ** 1.6
    const side = chance() < 0.5 ? -1 : 1
    const x = 520 + side * (20 + 560 * near ** 0.8 * chance.between(0.25, 1))
    const y = street - (30 + 720 * near) * chance() ** 1.3 + 30
    const radius = 11 + 62 * near * chance.between(0.6, 1.1)
    const colour = chance.pick(LIGHTS)
    const opacity = chance.between(0.16, 0.62) * (1 - near * 0.35)
    discs.push(
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(1)}" fill="${colour}" fill-opacity="${opacity.toFixed(2)}" stroke="${colour}" stroke-opacity="${(opacity * 0.8).toFixed(2)}" stroke-width="${(radius * 0.07).toFixed(1)}"/>`,
    )
    const below = street + (street - y) * 0.75 + 60 * chance()
    reflections.push(
      `<ellipse cx="${(x + chance.between(-6, 6)).toFixed(1)}" cy="${below.toFixed(1)}" rx="${(radius * 0.62).toFixed(1)}" ry="${(radius * chance.between(1.8, 3.8)).toFixed(1)}" fill="${colour}" fill-opacity="${(opacity * 0.2).toFixed(3)}"/>`,
    )
  }
  const rain = Array.from({ length: 130 }, () => {
    const x = chance.between(-40, SPACE)
    const y = chance.between(-20, height)
    const length = chance.between(26, 88)
    return `M${x.toFixed(1)} ${y.toFixed(1)}l${(length * 0.13).toFixed(1)} ${length.toFixed(1)}`
  })
  const sky = [
    [0, rgb('#0a1020')],
    [0.42, rgb('#1b2238')],
    [0.6, rgb('#3b2a33')],
    [0.7, rgb('#1a1822')],
    [1, rgb('#08090f')],
  ] as const
  return {
    lightSide: 500,
    grain: 10,
    shapes: `<g style="mix-blend-mode:screen">${reflections.join('')}${discs.join('')}</g>
      <path fill="none" stroke="#dfe9ff" stroke-opacity=".13" stroke-width="1.3" stroke-linecap="round" d="${rain.join('')}"/>`,
    light: (u, v) => lit(along(sky, v), rgb('#ff9a50'), 0.5 * bell(Math.hypot(u - 0.52, (v - 0.58) * 1.6), 0.3)),
  }
}
