/** The dominant colours of a picture: k-means over a thumbnail, in Oklab, where distances are as the eye sees them. */
import { sharp } from './image-library.ts'
import { type Pixels, shrink } from './pixels.ts'

const COLOURS_MAX = 5
const EDGE_MAX = 48
const ROUNDS = 8
/** Colours nearer to one another than this look the same. */
const APART_MIN = 0.06
/** More transparent pixels have no colour. */
const ALPHA_MIN = 16

type Lab = readonly [number, number, number]

/** Up to five colours as '#rrggbb', the one with the most pixels first. None for a picture that is transparent all over. */
export async function coloursOf(pixels: Pixels): Promise<readonly string[]> {
  const small = await shrink(pixels, EDGE_MAX)
  const rgba = await sharp(small.data, { raw: small }).ensureAlpha().raw().toBuffer()
  const points: Lab[] = []
  for (let at = 0; at + 3 < rgba.length; at += 4) {
    const [r = 0, g = 0, b = 0, alpha = 0] = rgba.subarray(at, at + 4)
    if (alpha >= ALPHA_MIN) points.push(oklab(r, g, b))
  }
  let clusters = farthestFirst(points).map((centre) => ({ centre, count: 0 }))
  for (let round = 0; round < ROUNDS; round++) clusters = settle(clusters, points)
  return clusters
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ centre }) => hex(centre))
}

/** Where the clusters begin: the mean of all, then again and again the colour that is farthest from those chosen. */
function farthestFirst(points: readonly Lab[]): readonly Lab[] {
  if (points.length === 0) return []
  const chosen: Lab[] = [mean(points)]
  while (chosen.length < COLOURS_MAX) {
    const gaps = points.map((point) => Math.min(...chosen.map((centre) => distance(point, centre))))
    const widest = gaps.indexOf(Math.max(...gaps))
    if ((gaps[widest] ?? 0) < APART_MIN) break
    chosen.push(points[widest] ?? chosen[0] ?? [0, 0, 0])
  }
  return chosen
}

interface Cluster {
  readonly centre: Lab
  readonly count: number
}

/** One round: each point joins its nearest centre, each centre moves to the mean of its points. */
function settle(clusters: readonly Cluster[], points: readonly Lab[]): Cluster[] {
  const members: Lab[][] = clusters.map(() => [])
  for (const point of points) {
    const gaps = clusters.map(({ centre }) => distance(point, centre))
    members[gaps.indexOf(Math.min(...gaps))]?.push(point)
  }
  return members.flatMap((own) => (own.length === 0 ? [] : [{ centre: mean(own), count: own.length }]))
}

function mean(points: readonly Lab[]): Lab {
  const sum = points.reduce<Lab>((a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]], [0, 0, 0])
  return [sum[0] / points.length, sum[1] / points.length, sum[2] / points.length]
}

function distance(a: Lab, b: Lab): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
}

/** @see https://bottosson.github.io/posts/oklab/ */
function oklab(red: number, green: number, blue: number): Lab {
  const [r, g, b] = [linear(red), linear(green), linear(blue)]
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function hex([lightness, a, b]: Lab): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const channels = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return `#${channels.map((c) => encoded(c).toString(16).padStart(2, '0')).join('')}`
}

function linear(channel: number): number {
  const c = channel / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
}

function encoded(c: number): number {
  const clamped = Math.min(1, Math.max(0, c))
  return Math.round(255 * (clamped <= 0.0031308 ? clamped * 12.92 : 1.055 * clamped ** (1 / 2.4) - 0.055))
}
