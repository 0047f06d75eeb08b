/**
 * The one door into Darkroom's inside. The bare loop does the image work of Darkroom's worker, and the photographs are its
 * own samples: an application has no public entry for either, and a copy would drift.
 */
import { fileURLToPath } from 'node:url'

export { develop } from '../examples/darkroom/samples/develop.ts'
export { SAMPLES } from '../examples/darkroom/samples/samples.ts'
export { login } from '../examples/darkroom/test/login.ts'
export { default as darkroomHandlers } from '../examples/darkroom/worker/handlers.ts'

/** The file that `millrace start` is given. */
export const DARKROOM = fileURLToPath(new URL('../examples/darkroom/app.ts', import.meta.url))

/**
 * The steps of Darkroom's worker. Loaded when asked for, in a process that makes no samples: they take from sharp, for the
 * whole process, the decoders that uploads must not reach, and the samples need one of those.
 */
export async function loadImageWork() {
  const { cameraFactsOf } = await import('../examples/darkroom/worker/camera-facts.ts')
  const { coloursOf } = await import('../examples/darkroom/worker/colours.ts')
  const { looksOf } = await import('../examples/darkroom/worker/looks.ts')
  const { decode, openOriginal } = await import('../examples/darkroom/worker/original.ts')
  const { shrink } = await import('../examples/darkroom/worker/pixels.ts')
  const { placeholderOf } = await import('../examples/darkroom/worker/placeholder.ts')
  const { encodeSize, LARGEST, sizesOf } = await import('../examples/darkroom/worker/renditions.ts')
  return {
    cameraFactsOf,
    coloursOf,
    looksOf,
    decode,
    openOriginal,
    shrink,
    placeholderOf,
    encodeSize,
    LARGEST,
    sizesOf,
  }
}
