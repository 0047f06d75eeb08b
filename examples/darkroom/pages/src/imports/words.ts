/** What is said of an import. */
import type { Import } from '../api/imports.ts'
import { bytesText, photosText } from '../words.ts'
import type { ShownImport, Unpacking } from './shown-import.ts'

const number = new Intl.NumberFormat()

/** Photos that have come out of it so far, whatever became of them. */
export const cameOf = ({ photos }: Import): number =>
  photos.processing + photos.ready + photos.failed + photos.cancelled

/** Over, but for files that there was no room for: it can go on once there is. */
export const lacksRoom = ({ status, canRetry }: Import): boolean => status === 'imported' && canRetry

/** How it stands, in one line. */
export function standingText({ stage, bytes, isGoing }: ShownImport): string {
  if (isGoing) return 'Being taken back'
  switch (stage.kind) {
    case 'waiting':
      return stage.because ?? `Waiting to be uploaded, ${bytesText(bytes)}`
    case 'sending':
      return `Uploading, ${Math.round(stage.sent * 100)} % of ${bytesText(bytes)}`
    case 'refused':
      return stage.problem.title
    case 'there':
      return thereText(stage.found, stage.unpacking)
    default:
      return stage satisfies never
  }
}

function thereText(found: Import, unpacking: Unpacking | undefined): string {
  const { ready, processing } = found.photos
  const came = cameOf(found)
  switch (found.status) {
    case 'importing': {
      const developed = ready > 0 ? `, ${number.format(ready)} developed` : ''
      return unpacking?.note ? `Unpacking ${unpacking.note}${developed}` : 'Waiting for its turn'
    }
    case 'imported':
      if (processing > 0) return `Developing ${number.format(came - processing)} of ${number.format(came)}`
      return importedText(found)
    case 'failed':
      return came === 0 ? 'The import failed' : `The import failed, ${photosText(came)} had come`
    case 'cancelled':
      return came === 0 ? 'Cancelled' : `Cancelled, ${photosText(came)} had come`
    case 'takenBack':
      return 'Taken back'
    default:
      return found.status satisfies never
  }
}

function importedText(found: Import): string {
  if (cameOf(found) === 0) return found.leftOutCount === 0 ? 'No photo was in it' : 'None of its files became a photo'
  return `${photosText(found.photos.ready)} imported${lacksRoom(found) ? ', then the storage was full' : ''}`
}

/** What a screen reader is told, and only when it changes: without numbers that run. */
export function milestoneText({ name, stage }: ShownImport): string {
  if (stage.kind === 'refused') return `${name}: ${stage.problem.title}`
  if (stage.kind !== 'there') return `${name}: uploading`
  const { found } = stage
  if (found.status === 'importing') return `${name}: importing`
  return found.photos.processing > 0 ? `${name}: developing` : `${name}: ${thereText(found, undefined)}`
}
