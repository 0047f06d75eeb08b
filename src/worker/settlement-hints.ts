/** What a settlement means to other processes, said as a hint. */
import type { Hints } from '../queue/hints.ts'
import type { Settlement } from '../queue/settle.ts'

/** Tells who waits for the job, or for work, that something has changed. */
export function hintAfter(hints: Hints, { entry, isTracked, outcome }: Settlement): void {
  if (isTracked) hints.operationChanged(entry.id)
  if (outcome.kind === 'returned' || outcome.kind === 'crashed') hints.workIn(entry.lane)
  if (outcome.kind === 'retry' || outcome.kind === 'postponed') hints.deferred()
}
