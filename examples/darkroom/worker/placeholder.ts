/** The placeholder of a picture: a thumbhash, some 25 bytes that make a blurred preview before anything is loaded. */
import { rgbaToThumbHash } from 'thumbhash'
import { sharp } from './image-library.ts'
import { type Pixels, shrink } from './pixels.ts'

const EDGE_MAX = 100

/** A thumbhash in base64. @see https://evanw.github.io/thumbhash/ */
export async function placeholderOf(pixels: Pixels): Promise<string> {
  const small = await shrink(pixels, EDGE_MAX)
  const rgba = await sharp(small.data, { raw: small }).ensureAlpha().raw().toBuffer()
  return Buffer.from(rgbaToThumbHash(small.width, small.height, rgba)).toString('base64')
}
