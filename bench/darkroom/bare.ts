/**
 * The program of the bare loop: the image work of Darkroom's render-photo.ts, step by step, with as many pictures at a time,
 * and nothing else: no web, no queue, no database, nothing stored. Its arguments are how many to render, how many at a time,
 * and the files; it answers how long it took and how many bytes it made.
 */
import { loadImageWork } from '../darkroom-inside.ts'

export interface BareAnswer {
  readonly ms: number
  /** Of all renditions of the first file. */
  readonly bytes: number
}

const THUMBNAIL = 160

const work = await loadImageWork()

const [count, parallel, ...paths] = process.argv.slice(2)
process.once('disconnect', () => process.exit(1))

const bytes = await render(paths[0] ?? '') // warms up, too
const began = performance.now()
let next = 0
await Promise.all(
  Array.from({ length: Number(parallel) }, async () => {
    while (next < Number(count)) await render(paths[next++ % paths.length] ?? '')
  }),
)
process.send?.({ ms: performance.now() - began, bytes } satisfies BareAnswer)
process.disconnect?.()

async function render(path: string): Promise<number> {
  const original = await work.openOriginal(path)
  await work.cameraFactsOf(original)
  const pixels = await work.decode(original, work.LARGEST, new AbortController().signal)
  const thumbnail = await work.shrink(pixels, THUMBNAIL)
  await work.coloursOf(thumbnail)
  await work.placeholderOf(thumbnail)
  await work.looksOf(thumbnail)
  let made = 0
  for (const size of work.sizesOf(pixels)) {
    for (const { content } of await work.encodeSize(pixels, size)) made += content.length
  }
  return made
}
