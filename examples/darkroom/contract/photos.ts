/** The tasks of Darkroom: names, schemas and policies, which is all that its web and its worker know of each other. */
import { queue, task } from 'millrace'
import { z } from 'zod'

/**
 * The users who upload are its tenants and take turns: who imports 5,000 photos keeps nobody else waiting. What somebody has
 * just uploaded and watches is submitted with high priority, what comes out of imports with low.
 */
export const images = queue('images', { isFair: true })

/** Makes a photo's renditions and reads what its file tells; done, its operation leads to the photo. */
export const renderPhoto = task('photo.render', {
  input: z.object({ photoId: z.uuid() }),
  output: z.object({ photoId: z.uuid() }),
  resource: ({ photoId }) => `/api/photos/${photoId}`,
  queue: images,
  retry: { attempts: 5 },
  timeoutMs: 120_000,
})

/** What the render says of a file that no further attempt can help, because of what is in it. */
export const FINAL_PROBLEMS = [
  'DARKROOM_PHOTO_UNREADABLE',
  'DARKROOM_PHOTO_TOO_LARGE',
  'DARKROOM_PHOTO_TOO_SLOW',
] as const
export type FinalProblem = (typeof FINAL_PROBLEMS)[number]

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

/** Notes with the photos those ends of renders that no handler could note, because it was killed or never began. */
export const noteEnds = task('photo.ends', { input: z.object({}), queue: 'upkeep', retry: { attempts: 1 } })
