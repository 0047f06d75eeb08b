/** Decoded pixels: what is handed from step to step. */
import type { OutputInfo } from 'sharp'
import { sharp } from './image-library.ts'

/** Eight bits a channel in sRGB, upright: RGB, or RGBA where the picture has transparency. */
export interface Pixels {
  readonly data: Buffer
  readonly width: number
  readonly height: number
  readonly channels: 3 | 4
}

/** The same picture with at most `edge` pixels on its longer side; never larger than it is. */
export async function shrink(pixels: Pixels, edge: number): Promise<Pixels> {
  if (Math.max(pixels.width, pixels.height) <= edge) return pixels
  const small = sharp(pixels.data, { raw: pixels }).resize({ width: edge, height: edge, fit: 'inside' })
  return asPixels(await small.raw().toBuffer({ resolveWithObject: true }))
}

/** What sharp made when asked for raw sRGB. */
export function asPixels({ data, info }: { readonly data: Buffer; readonly info: OutputInfo }): Pixels {
  const { width, height, channels } = info
  if (channels !== 3 && channels !== 4) throw new Error(`sharp made ${channels} channels of sRGB`)
  return { data, width, height, channels }
}
