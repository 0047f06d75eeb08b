/** Why a photo could not be made, in words for people. The code stays beside them, for those who look it up. */
import type { Photo } from '../api/photos.ts'
import type { Problem } from '../api/problem.ts'

interface Words {
  readonly title: string
  /** What to do, or what it means. */
  readonly detail: string
}

const OTHERWISE: Words = {
  title: 'Could not be developed',
  detail: 'It was tried several times. That may have nothing to do with the picture: trying it again may help.',
}
const STOPPED: Words = {
  title: 'Stopped again and again',
  detail:
    'Whatever worked on this picture stopped suddenly. If that happens once more, the picture itself is the cause.',
}
const WORDS: Readonly<Record<string, Words>> = {
  DARKROOM_PHOTO_UNREADABLE: {
    title: 'Damaged or incomplete',
    detail: 'This file cannot be read as a picture to its end. Copy or export it once more from where it came.',
  },
  DARKROOM_PHOTO_TOO_SLOW: {
    title: 'Took too long to read',
    detail: 'Save it as a plain JPEG or PNG, without layers or progressive loading, and upload that.',
  },
  MILLRACE_WORKER_TIMEOUT: {
    title: 'Took too long',
    detail: 'It was given up after two minutes. The machine may have been busy: trying it again may help.',
  },
  MILLRACE_BLOBS_FULL: {
    title: 'No room on the disk',
    detail: 'There was nowhere to put its sizes. Make some room on Darkroom’s disk, then try it again.',
  },
  MILLRACE_BLOBS_ABSENT: {
    title: 'The original was not there',
    detail: 'Its file could not be found. When Darkroom’s folder of originals is back, try it again.',
  },
  MILLRACE_QUEUE_WORKER_DIED: STOPPED,
  MILLRACE_WORKER_CELL_DIED: STOPPED,
}

/** The problem of a photo that was not made. */
export function whyOf({ status, problem }: Pick<Photo, 'status' | 'problem'>): Problem {
  if (status === 'cancelled') return { title: 'Cancelled', detail: 'It was cancelled before it was developed.' }
  if (!problem) return OTHERWISE
  const { code, detail } = problem
  // how large it is, only the server can say
  if (code === 'DARKROOM_PHOTO_TOO_LARGE') return { title: 'Too many pixels', detail, code }
  return { ...(WORDS[code] ?? OTHERWISE), code }
}
