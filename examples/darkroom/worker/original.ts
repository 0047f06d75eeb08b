/** The uploaded file: what it says of itself, and its pixels at the size of the largest rendition. */
import { PermanentError } from 'millrace/worker'
import type { Metadata } from 'sharp'
import { sharp } from './image-library.ts'
import { asPixels, type Pixels } from './pixels.ts'

/** Accepted at most: 120 megapixels, which no camera of today makes. */
export const PIXELS_MAX = 120_000_000
/** Most kinds of file are decoded strip by strip; of those that are decoded whole, the pixels may take so much memory. */
export const WHOLE_BYTES_MAX = 500_000_000
/** Past this, a file that is decoded whole waits until no other such file is being decoded in this process. */
const LARGE_BYTES_MIN = 64_000_000
const DECODE_SECONDS_MAX = 90

const FORMATS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'gif', 'heif', 'tiff'])

export interface Original {
  readonly path: string
  readonly metadata: Metadata
  /** As it is to be looked at, turned upright. */
  readonly width: number
  readonly height: number
}

/** Reads what the file says of itself. @throws PermanentError when it is no picture that Darkroom can render. */
export async function openOriginal(path: string): Promise<Original> {
  const metadata = await sharp(path, { limitInputPixels: false }).metadata().catch(unreadable)
  const { format, width, height } = metadata
  if (!FORMATS.has(format)) throw new PermanentError('DARKROOM_PHOTO_UNREADABLE', `${format} is not accepted.`)
  if (width * height > PIXELS_MAX || wholeBytes(metadata) > WHOLE_BYTES_MAX) throw tooLarge(metadata)
  const [uprightWidth, uprightHeight] = (metadata.orientation ?? 1) >= 5 ? [height, width] : [width, height]
  return { path, metadata, width: uprightWidth, height: uprightHeight }
}

/**
 * Decodes the file once, to at most `edge` pixels on its longer side: what all renditions and findings are made from.
 *
 * @throws PermanentError when the file cannot be decoded.
 */
export async function decode(original: Original, edge: number, signal: AbortSignal): Promise<Pixels> {
  if (wholeBytes(original.metadata) < LARGE_BYTES_MIN) return decodeNow(original, edge)
  return navigator.locks.request('darkroom: large picture', { signal }, () => decodeNow(original, edge))
}

async function decodeNow({ path, metadata }: Original, edge: number): Promise<Pixels> {
  // turned upright only after it was made small: turning needs the whole picture in memory
  const decoded = sharp(path, { failOn: 'error', limitInputPixels: PIXELS_MAX, sequentialRead: true })
    .timeout({ seconds: DECODE_SECONDS_MAX })
    .resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
  const small = await decoded.raw().toBuffer({ resolveWithObject: true }).catch(unreadable)
  const { mirrored, angle } = TURNS[metadata.orientation ?? 1] ?? UPRIGHT
  if (!mirrored && angle === 0) return asPixels(small)
  const upright = await sharp(small.data, { raw: small.info }).flop(mirrored).toBuffer({ resolveWithObject: true })
  return asPixels(await sharp(upright.data, { raw: upright.info }).rotate(angle).toBuffer({ resolveWithObject: true }))
}

const UPRIGHT = { mirrored: false, angle: 0 }

/** What makes a picture upright, by the value of its orientation tag: first mirrored, then turned clockwise. */
const TURNS: Readonly<Record<number, typeof UPRIGHT>> = {
  2: { mirrored: true, angle: 0 },
  3: { mirrored: false, angle: 180 },
  4: { mirrored: true, angle: 180 },
  5: { mirrored: true, angle: 270 },
  6: { mirrored: false, angle: 90 },
  7: { mirrored: true, angle: 90 },
  8: { mirrored: false, angle: 270 },
}

/** Bytes that decoding takes where a file cannot be decoded strip by strip; 0 where it can. */
function wholeBytes({ format, width, height, channels, depth, isProgressive, chromaSubsampling }: Metadata): number {
  const bytes = width * height * channels * (depth === 'uchar' ? 1 : 2)
  switch (format) {
    case 'png':
      return isProgressive ? bytes : 0
    case 'jpeg':
      // its coefficients have 16 bits; with 4:2:0 there are half as many
      return isProgressive ? bytes * (chromaSubsampling === '4:2:0' ? 1 : 2) : 0
    case 'webp':
    case 'gif':
      return width * height * 4
    case 'heif':
      return bytes * 2
    default:
      return 0
  }
}

function tooLarge({ width, height }: Metadata): PermanentError {
  const megapixels = Math.round((width * height) / 1_000_000)
  const why = `The picture has ${width} × ${height} pixels (${megapixels} megapixels)`
  const rule = `the most are ${PIXELS_MAX / 1_000_000}, and fewer for kinds of file that must be decoded whole`
  return new PermanentError('DARKROOM_PHOTO_TOO_LARGE', `${why}; ${rule}.`)
}

/** What sharp fails with is the file's fault, unless the machine ran out of something. */
function unreadable(thrown: unknown): never {
  const why = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)
  if (/out of memory|unable to (open|allocate)|input file is missing|too many open files/i.test(why)) throw thrown
  if (/timeout/i.test(why))
    throw new PermanentError('DARKROOM_PHOTO_TOO_SLOW', `The picture could not be decoded in ${DECODE_SECONDS_MAX} s.`)
  throw new PermanentError('DARKROOM_PHOTO_UNREADABLE', `The picture could not be decoded: ${why.slice(0, 300)}`, {
    cause: thrown,
  })
}
