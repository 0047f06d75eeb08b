/** Photographs to be rendered: Darkroom's own sample scenes, at the size of a common camera. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { develop, SAMPLES } from '../darkroom-inside.ts'

const WIDTH = 4_000
const HEIGHT = 3_000
export const MEGAPIXELS = (WIDTH * HEIGHT) / 1e6

/** Makes `count` different photographs in the folder and answers their paths. */
export async function makePhotographs(folder: string, count: number): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const sample of SAMPLES.slice(0, count)) {
    const path = join(folder, `${paths.length}.jpg`)
    await develop({ ...sample, width: WIDTH, height: HEIGHT }, path)
    paths.push(path)
  }
  return paths
}
