/** Cancelling any job that can be: tracked ones at any time, others while they are parked or scheduled. */
import type { Queryable } from '../data/transaction.ts'
import { isUuid } from '../kernel/ids.ts'
import { FIND_COUNT_MAX, findJob } from './find-job.ts'
import { type CancelHints, cancelOperation, findOperations, takeAwayHeld } from './operations.ts'
import { operatorErrors } from './operator-errors.ts'

/**
 * Cancels a job. A tracked one that waits never starts; one that runs is told through its worker (`running`: it has yet to
 * stop). An untracked one can be taken away only while it is parked or scheduled: nobody could tell it to stop.
 *
 * @throws MILLRACE_QUEUE_JOB_NOT_FOUND, MILLRACE_QUEUE_JOB_ENDED, MILLRACE_QUEUE_JOB_NOT_CANCELLABLE
 */
export async function cancelJob(
  db: Queryable,
  id: string,
  options: { readonly hints?: CancelHints } = {},
): Promise<'cancelled' | 'running'> {
  const [operation] = isUuid(id) ? await findOperations(db, [id]) : []
  if (operation !== undefined) {
    const { status } = await cancelOperation(db, id, options)
    if (status === 'succeeded' || status === 'failed') throw operatorErrors.MILLRACE_QUEUE_JOB_ENDED({ id, status })
    return status === 'cancelled' ? 'cancelled' : 'running'
  }
  const { job, ended, isComplete } = await findJob(db, id)
  if (ended !== undefined) throw operatorErrors.MILLRACE_QUEUE_JOB_ENDED({ id, status: ended.status })
  if (job === undefined) throw operatorErrors.MILLRACE_QUEUE_JOB_NOT_FOUND({ id, looked: FIND_COUNT_MAX, isComplete })
  if (job.stage === 'dead') throw operatorErrors.MILLRACE_QUEUE_JOB_ENDED({ id, status: 'failed' })
  const isHeld = job.stage === 'parked' || job.stage === 'scheduled'
  const lane = isHeld ? await takeAwayHeld(db, id, job.dueAtExactly) : undefined
  if (lane === undefined) throw operatorErrors.MILLRACE_QUEUE_JOB_NOT_CANCELLABLE({ id, stage: job.stage })
  options.hints?.workIn(lane)
  return 'cancelled'
}
