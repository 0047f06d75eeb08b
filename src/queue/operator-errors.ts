/** What can be wrong with what an operator asks for. */
import { defineErrors } from '../kernel/errors.ts'

export const operatorErrors = defineErrors({
  MILLRACE_QUEUE_NO_SUCH_QUEUE: {
    says: (f: { queue: string; nearest?: string | undefined }) =>
      `there is no queue ${f.queue.slice(0, 80)}${f.nearest === undefined ? '' : `; is ${f.nearest} meant?`}`,
    remedy: 'Check the name: `millrace queues` lists all. A queue is made when a release that names it first starts.',
    retryable: false,
  },
  MILLRACE_QUEUE_DEAD_LETTER_UNKNOWN: {
    says: (f: { id: string }) => `there is no dead letter ${f.id.slice(0, 80)}`,
    remedy: 'Check the id: `millrace jobs show` says where a job is. It may have been redriven or discarded meanwhile.',
    retryable: false,
  },
  MILLRACE_QUEUE_JOB_NOT_FOUND: {
    says: (f: { id: string; looked: number; isComplete: boolean }) =>
      f.isComplete
        ? `no job ${f.id.slice(0, 80)} waits, runs, is scheduled, parked or dead`
        : `job ${f.id.slice(0, 80)} was not found within the first ${f.looked} entries of each place`,
    remedy:
      'An untracked job leaves nothing behind when it has succeeded. Jobs that wait can be found by their id only among the first of each lane; declare the task with `tracked: true` to be able to ask for any of its jobs.',
    retryable: false,
  },
  MILLRACE_QUEUE_JOB_ENDED: {
    says: (f: { id: string; status: string }) => `job ${f.id} has ended: ${f.status}`,
    remedy: 'Nothing is left to cancel.',
    retryable: false,
  },
  MILLRACE_QUEUE_JOB_NOT_CANCELLABLE: {
    says: (f: { id: string; stage: string }) => `job ${f.id} is ${f.stage} and not tracked: nobody can tell it to stop`,
    remedy:
      'Declare its task with `tracked: true`: such a job can be cancelled at any time. Pausing the task keeps waiting jobs from starting; then cancel it once it is parked.',
    retryable: false,
  },
  MILLRACE_QUEUE_ARGUMENT_INVALID: {
    says: (f: { argument: string; value: unknown; rule: string }) =>
      `${f.argument} is ${String(f.value).slice(0, 80)}, but must be ${f.rule}`,
    remedy: 'Correct the argument; nothing was changed.',
    retryable: false,
  },
})
