/** The tasks around imports: archives of many photos, uploaded at once. */
import { queue, task } from 'millrace'
import { z } from 'zod'

/** One import of a user after the other, in the order in which they came; users take turns. */
export const imports = queue('imports', { perKey: { order: 'fifo' }, isFair: true })

/** A file of an archive that did not become a photo, or the archive itself, and why. */
export const leftOut = z.object({ file: z.string(), code: z.string(), detail: z.string() })
export type LeftOut = z.infer<typeof leftOut>

/**
 * Unpacks an archive: each picture in it becomes a photo, which is then rendered with low priority. What is no picture, or
 * broken, is told in the result and harms nothing else.
 */
export const importPhotos = task('photo.import', {
  input: z.object({ importId: z.uuid(), uploader: z.uuid() }),
  output: z.object({ importId: z.uuid(), imported: z.int(), leftOut: z.array(leftOut), leftOutCount: z.int() }),
  resource: ({ importId }) => `/api/imports/${importId}`,
  queue: imports,
  priority: 'low',
  key: ({ uploader }) => uploader,
  tenant: ({ uploader }) => uploader,
  retry: { attempts: 5, firstDelayMs: 5_000 },
  timeoutMs: 2 * 3_600_000,
})

/**
 * Cancels the renders of an import that was taken back, whose photos are out of sight already. It has no key: it need not
 * wait for the user's next import.
 */
export const undoImport = task('photo.import.undo', {
  input: z.object({ importId: z.uuid(), uploader: z.uuid() }),
  output: z.object({ cancelled: z.int() }),
  queue: imports,
  priority: 'high',
  tenant: ({ uploader }) => uploader,
})
