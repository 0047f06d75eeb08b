/** The Milky Way over a wood, and one tent that is lit. */
import { cloudsOf } from '../chance.ts'
import { along, bell, clamp, lit, mix, rgb } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { skyline, stars, under, wood } from '../shapes.ts'

export const milkyWay: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const clouds = cloudsOf(chance, 6)
  const dust = cloudsOf(chance, 6)
  const sky = [
    [0, rgb('#070b1c')],
    [0.55, rgb('#14213f')],
    [0.8, rgb('#2d4460')],
    [0.93, rgb('#7d6a5d')],
    [1, rgb('#a5764f')],
  ] as const
  const hill = skyline(chance, { base: height * 0.86, rise: 34, length: 320, rough: 4 })
  const meadow = skyline(chance, { base: height * 0.945, rise: 14, length: 420, rough: 5 })
  const x = 640
  const foot = meadow(x) + 8
  const tent = `<radialGradient id="glow"><stop offset="0" stop-color="#ffb45c" stop-opacity=".75"/><stop offset="1" stop-color="#ff9a3c" stop-opacity="0"/></radialGradient>
    <ellipse cx="${x}" cy="${foot - 8}" rx="130" ry="62" fill="url(#glow)"/>
    ${shade2('cloth', x)}<path fill="url(#cloth)" d="M${x - 40} ${foot}Q${x - 14} ${foot - 16} ${x} ${foot - 44}Q${x + 16} ${foot - 16} ${x + 44} ${foot}Z"/>
    <path fill="#8a4a18" opacity=".55" d="M${x - 2} ${foot - 42}L${x + 9} ${foot}L${x - 10} ${foot}Z"/>`
  return {
    lightSide: 850,
    grain: 8,
    shapes: `${stars(chance, 1_500, height * 0.88)}
      <path fill="#0a1120" d="${under(hill, height)}"/><path fill="#0a1120" d="${wood(chance, hill, { apart: 12, height: 62 })}"/>
      <path fill="#04070d" d="${under(meadow, height)}"/>
      <path fill="#04070d" d="${wood(chance, meadow, { apart: 34, height: 260, to: 300 })}${wood(chance, meadow, { apart: 30, height: 210, from: 850 })}"/>${tent}`,
    light(u, v) {
      const x2 = u
      const y2 = v / aspect
      const across = (x2 - 0.62) * 0.86 + (y2 - 0.55) * 0.5 + (clouds(x2 * 2, y2 * 2) - 0.5) * 0.16
      const cloudy = clouds(x2 * 5 + 9, y2 * 5)
      const band = bell(across, 0.2) * (0.35 + cloudy)
      const core = bell(across, 0.085) * cloudy
      const lane = clamp((dust(x2 * 6 + 3, y2 * 4) - 0.47) * 5) * bell(across + 0.015, 0.07)
      const fade = clamp((0.9 - v) * 3.2)
      let colour = along(sky, v)
      colour = lit(colour, rgb('#5468a8'), band * 0.42 * fade)
      colour = lit(colour, rgb('#ffd9c4'), core * 0.52 * fade)
      colour = lit(colour, rgb('#c05a8a'), bell(across - 0.03, 0.05) * Math.max(0, cloudy - 0.5) * 0.7 * fade)
      return mix(colour, rgb('#0d1226'), lane * 0.62 * fade)
    },
  }
}

const shade2 = (id: string, x: number) =>
  `<radialGradient id="${id}" gradientUnits="userSpaceOnUse" cx="${x}" cy="1400" r="80"><stop offset="0" stop-color="#fff0c4"/><stop offset="1" stop-color="#f08a2c"/></radialGradient>`
