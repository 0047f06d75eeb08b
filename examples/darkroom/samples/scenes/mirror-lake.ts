/** A lake so still that it holds the mountains twice. */
import { cloudsOf } from '../chance.ts'
import { along, bell, clamp, lit, mix, rgb, scaled } from '../colour.ts'
import { type MakeScene, SPACE } from '../scene.ts'
import { shade, skyline, summits, under, wood } from '../shapes.ts'

const SHORE = 0.54

export const mirrorLake: MakeScene = (chance, aspect) => {
  const height = SPACE / aspect
  const y = height * SHORE
  const clouds = cloudsOf(chance, 5)
  const water = cloudsOf(chance, 3)
  const far = summits(chance, { base: y - 18, rise: 112, apart: 150, steep: 0.85 })
  const middle = skyline(chance, { base: y - 14, rise: 46, length: 190, rough: 6 })
  const bank = skyline(chance, { base: y - 3, rise: 7, length: 170, rough: 4 })
  const land = `<path fill="url(#far)" d="${under(far, y, 1)}"/><path fill="url(#mid)" d="${under(middle, y, 1)}"/>
    <path fill="#22382f" d="${under(bank, y, 1)}${wood(chance, bank, { apart: 5, height: 27 })}"/>`
  const sky = [
    [0, rgb('#6f9cc4')],
    [0.6, rgb('#c5d3d8')],
    [1, rgb('#f7d9c0')],
  ] as const
  const air = (u: number, v: number) => {
    const cover = clamp((clouds(u * 5, v * 5) - 0.5) * 4) * bell(v - 0.2, 0.2)
    return mix(along(sky, v / SHORE), rgb('#fff4ea'), cover * 0.85)
  }
  return {
    lightSide: 1_050,
    grain: 4,
    shapes: `${shade('far', y - 130, y, [
      [0, '#fbf3ee'],
      [0.26, '#b9c0cc'],
      [0.5, '#64788d'],
      [1, '#a9b6ba'],
    ])}${shade('mid', y - 66, y, [
      [0, '#2c4a4f'],
      [1, '#6d8985'],
    ])}${land}<g transform="translate(0 ${2 * y}) scale(1 -1)" opacity=".8">${land}</g>
      ${shade('deep', y, height, [
        [0, '#173241', 0.12],
        [1, '#0d2230', 0.62],
      ])}<rect x="0" y="${y}" width="${SPACE}" height="${height - y}" fill="url(#deep)"/>
      <rect x="0" y="${y - 0.6}" width="${SPACE}" height="1.3" fill="#eef3f2" opacity=".5"/>
      <rect x="0" y="${height * 0.73}" width="${SPACE}" height="1.6" fill="#eef3f2" opacity=".14"/>`,
    light(u, v) {
      if (v < SHORE) return air(u, v)
      const swell = water(u * 18, v * 90) - 0.5
      return lit(scaled(air(u, SHORE - (v - SHORE) * 1.05 + swell * 0.01), 0.92), rgb('#ffffff'), swell * 0.04)
    },
  }
}
