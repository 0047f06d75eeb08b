/** Compares all photos with one another, some hundred at a time, so that uploads go on meanwhile. */
import { handler } from 'millrace/worker'
import { findDuplicates } from '../contract/photos.ts'
import { relinkAfter } from '../data/duplicates.ts'

export default handler(findDuplicates, async ({ db, signal, progress }) => {
  let compared = 0
  let changed = 0
  let last: string | undefined
  do {
    signal.throwIfAborted()
    const step = await relinkAfter(db, last)
    compared += step.compared
    changed += step.changed
    last = step.last
    progress(last === undefined ? 1 : placeOf(last), `${compared} photos compared`)
  } while (last !== undefined)
  return { compared, changed }
})

/** Ids are random, so that how far one lies among all ids tells how far the work is. */
const placeOf = (id: string): number => Number.parseInt(id.slice(0, 8), 16) / 2 ** 32
