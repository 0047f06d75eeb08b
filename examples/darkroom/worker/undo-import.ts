/** What is left to do for an import that was taken back: its photos are out of sight, and need not be rendered any more. */
import { cancelOperation, findOperations } from 'millrace/queue'
import { handler } from 'millrace/worker'
import { archiveKey } from '../contract/files.ts'
import { undoImport } from '../contract/imports.ts'
import { imports } from '../data/imports.ts'

const LOOK_COUNT = 200

export default handler(undoImport, async ({ input, db, blobs, signal }) => {
  const { importId } = input
  let cancelled = 0
  for (let last: string | undefined; ; ) {
    const making = await imports(db).listMaking(importId, LOOK_COUNT, last)
    const operations = await findOperations(
      db,
      making.map(({ operation }) => operation),
    )
    for (const { id, endedAt } of operations) {
      signal.throwIfAborted()
      if (endedAt === null && (await cancelOperation(db, id)).isCancelRequested) cancelled += 1
    }
    last = making.at(-1)?.id
    if (making.length < LOOK_COUNT) break
  }
  await blobs.delete(archiveKey(importId))
  return { cancelled }
})
