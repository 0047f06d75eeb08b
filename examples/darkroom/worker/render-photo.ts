/** Renders a photo: its renditions are written first, under names made of their content; then one commit shows them all. */
import type { Blobs } from 'millrace/blobs'
import { handler, PermanentError } from 'millrace/worker'
import { originalKey, renditionKey } from '../contract/files.ts'
import { renderPhoto } from '../contract/photos.ts'
import { type MadeRendition, renders } from '../data/renders.ts'
import { cameraFactsOf } from './camera-facts.ts'
import { coloursOf } from './colours.ts'
import { looksOf } from './looks.ts'
import { decode, openOriginal } from './original.ts'
import { shrink } from './pixels.ts'
import { placeholderOf } from './placeholder.ts'
import { encodeSize, LARGEST, sizesOf } from './renditions.ts'

/** Pixels of the longer edge of the little picture from which colours, placeholder and looks are taken. */
const THUMBNAIL = 160

export default handler(renderPhoto, async ({ input, db, blobs, signal, progress, transaction }) => {
  const { photoId } = input
  const photos = renders(db)
  try {
    if ((await photos.find(photoId)) === undefined) throw gone()
    const { findings, renditions } = await render(photoId, blobs, signal, progress)
    return await transaction(async () => {
      if (!(await photos.finish(photoId, findings, renditions))) throw gone()
      return { photoId }
    })
  } catch (thrown) {
    if (thrown instanceof PermanentError) await photos.fail(photoId, thrown.code, thrown.message)
    throw thrown
  }
})

async function render(
  photoId: string,
  blobs: Blobs,
  signal: AbortSignal,
  progress: (done: number, note: string) => void,
) {
  progress(0.02, 'Reading')
  const original = await openOriginal(await blobs.localPath(originalKey(photoId)))
  const facts = await cameraFactsOf(original)

  signal.throwIfAborted()
  progress(0.05, 'Decoding')
  const pixels = await decode(original, LARGEST, signal)

  signal.throwIfAborted()
  progress(0.25, 'Looking at it')
  const { width, height } = original
  const thumbnail = await shrink(pixels, THUMBNAIL)
  const colours = await coloursOf(thumbnail)
  const placeholder = await placeholderOf(thumbnail)
  const looks = await looksOf(thumbnail)
  const findings = { width, height, ...facts, colours, placeholder, looks }

  const renditions: MadeRendition[] = []
  const sizes = sizesOf(pixels)
  const work = sizes.reduce((sum, size) => sum + size ** 2, 0)
  let done = 0
  for (const size of sizes) {
    signal.throwIfAborted()
    progress(0.3 + (0.65 * done) / work, `Making ${size} pixels`)
    const encoded = await encodeSize(pixels, size)
    await Promise.all(
      encoded.map(({ rendition, content }) => blobs.put(renditionKey(photoId, rendition.file), content)),
    )
    renditions.push(...encoded.map(({ rendition }) => rendition))
    done += size ** 2
  }
  signal.throwIfAborted()
  progress(0.98, 'Filing')
  return { findings, renditions }
}

function gone(): PermanentError {
  return new PermanentError('DARKROOM_PHOTO_GONE', 'The photo was deleted for good before it was rendered.')
}
