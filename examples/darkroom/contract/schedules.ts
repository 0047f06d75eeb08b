/** What Darkroom does every night by itself, while its users sleep. */
import { schedule } from 'millrace'
import { findDuplicates, purgePhotos } from './photos.ts'

const zone = 'Europe/Berlin'

export const nightlyPurge = schedule('purge.nightly', { cron: '10 3 * * *', zone, task: purgePhotos, input: {} })

export const nightlyDuplicates = schedule('duplicates.nightly', {
  cron: '40 3 * * *',
  zone,
  task: findDuplicates,
  input: {},
})
