/** The tasks of Darkroom: names, schemas and policies, which is all that its web and its worker know of each other. */
import { task } from 'millrace'
import { z } from 'zod'

/** Makes a photo's renditions and reads what its file tells; done, its operation leads to the photo. */
export const renderPhoto = task('photo.render', {
  input: z.object({ photoId: z.uuid() }),
  output: z.object({ photoId: z.uuid() }),
  resource: ({ photoId }) => `/api/photos/${photoId}`,
  queue: 'images',
  retry: { attempts: 5 },
  timeoutMs: 120_000,
})

/** Compares all photos with one another and links each near-duplicate to the oldest photo that it resembles. */
export const findDuplicates = task('photo.duplicates', {
  input: z.object({}),
  output: z.object({ compared: z.int(), changed: z.int() }),
  queue: 'upkeep',
  retry: { attempts: 3, firstDelayMs: 60_000 },
})

/** Removes for good what users deleted long ago, and files that belong to no photo. */
export const purgePhotos = task('photo.purge', {
  input: z.object({}),
  output: z.object({ photos: z.int(), files: z.int() }),
  queue: 'upkeep',
  retry: { attempts: 3, firstDelayMs: 60_000 },
})
