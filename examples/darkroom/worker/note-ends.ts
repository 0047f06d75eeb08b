/** Looks through all photos that are being made for those whose renders have ended without telling them. */
import { handler } from 'millrace/worker'
import { noteEnds as task } from '../contract/photos.ts'
import { findEnds, listMaking, noteEnds } from '../data/ends.ts'

const LOOK_COUNT = 500

export default handler(task, async ({ db, signal }) => {
  for (let last: string | undefined; ; ) {
    signal.throwIfAborted()
    const making = await listMaking(db, LOOK_COUNT, last)
    await noteEnds(db, await findEnds(db, making))
    last = making.at(-1)?.id
    if (making.length < LOOK_COUNT) return
  }
})
