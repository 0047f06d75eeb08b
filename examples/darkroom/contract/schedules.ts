/** What Darkroom does by itself: now and then, and every night while its users sleep. */
import { schedule } from 'millrace'
import { findDuplicates, noteEnds, purgePhotos } from './photos.ts'

const zone = 'Europe/Berlin'

export const regularEnds = schedule('ends.regular', { cron: '*/10 * * * *', zone, task: noteEnds, input: {} })

export const nightlyPurge = schedule('purge.nightly', { cron: '10 3 * * *', zone, task: purgePhotos, input: {} })

export const nightlyDuplicates = schedule('duplicates.nightly', {
  cron: '40 3 * * *',
  zone,
  task: findDuplicates,
  input: {},
})
