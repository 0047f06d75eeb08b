/**
 * The perceptual hash of a picture: 64 bits that stay nearly the same when it is scaled, encoded anew or made a little
 * brighter. The picture is shrunk to 32 × 32 grey pixels; each bit tells whether one of its 64 lowest frequencies (the
 * discrete cosine transform, without the mean brightness) is above the median of them.
 */
import { sharp } from './image-library.ts'
import type { Pixels } from './pixels.ts'

const SIDE = 32
const LOW = 8
/** Frequencies weaker than this, of a full scale of 255, are noise: a picture with none stronger has no looks. */
const STRENGTH_MIN = 1

/** 64 of '0' and '1'; null for a picture with nothing in it to tell it from others, such as one plain colour. */
export async function looksOf(pixels: Pixels): Promise<string | null> {
  const grey = await sharp(pixels.data, { raw: pixels })
    .flatten({ background: 'white' })
    .resize(SIDE, SIDE, { fit: 'fill' })
    .greyscale()
    .raw()
    .toBuffer()
  const strengths = lowFrequencies(grey)
  if (Math.max(...strengths.map(Math.abs)) < STRENGTH_MIN) return null
  const median = strengths.toSorted((a, b) => a - b)[strengths.length / 2] ?? 0
  return strengths.map((strength) => (strength > median ? '1' : '0')).join('')
}

/** COSINES[frequency][place]: rows 1 to 8, since row 0 is the mean. */
const COSINES = Array.from({ length: LOW }, (_, n) =>
  Array.from({ length: SIDE }, (_, at) => Math.cos((Math.PI * (n + 1) * (2 * at + 1)) / (2 * SIDE))),
)

function lowFrequencies(grey: Uint8Array): number[] {
  const across = COSINES.map((cosine) =>
    Array.from({ length: SIDE }, (_, y) => cosine.reduce((sum, c, x) => sum + c * (grey[y * SIDE + x] ?? 0), 0)),
  )
  return COSINES.flatMap((cosine) =>
    across.map((column) => (cosine.reduce((sum, c, y) => sum + c * (column[y] ?? 0), 0) * 4) / SIDE ** 2),
  )
}
