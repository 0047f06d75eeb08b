import { defineErrors } from '../kernel/errors.ts'

export const queueErrors = defineErrors({
  MILLRACE_QUEUE_INPUT_INVALID: {
    says: (f: { task: string; violations: string }) =>
      `the input of ${f.task} does not fit its schema: ${f.violations}`,
    remedy: 'Correct the input; nothing was submitted.',
    retryable: false,
  },
  MILLRACE_QUEUE_PAYLOAD_TOO_LARGE: {
    says: (f: { task: string; bytes: number; bytesMax: number }) =>
      `the input of ${f.task} takes ${f.bytes} bytes, but ${f.bytesMax} is the most`,
    remedy: 'Put large things into blobs and submit their key.',
    retryable: false,
  },
  MILLRACE_QUEUE_OPTION_INVALID: {
    says: (f: { option: string; value: unknown; rule: string }) =>
      `submit: ${f.option} is ${String(f.value).slice(0, 80)}, but must be ${f.rule}`,
    remedy: 'Correct the option; nothing was submitted.',
    retryable: false,
  },
  MILLRACE_QUEUE_SUBMIT_DENIED: {
    says: (f: { task: string; needs: string }) => `a job of ${f.task} is not yours to submit: it needs ${f.needs}`,
    remedy: 'Let the route ask for the same as the task does, so that nobody gets so far in vain.',
    retryable: false,
  },
  MILLRACE_QUEUE_TX_UNKNOWN: {
    says: (f: { what: string }) => `submit: tx (${f.what}) is no transaction of a library that Millrace knows`,
    remedy:
      'Hand over what your library gives you inside its transaction (docs/transactions.md lists the libraries); nothing was submitted.',
    retryable: false,
  },
  MILLRACE_QUEUE_TX_NOT_OPEN: {
    says: (f: { library: string }) => `submit: tx is of ${f.library}, but in no open transaction`,
    remedy:
      'Hand over the object that the library gives you inside its transaction, not the one outside, and await submit before the transaction ends; nothing was submitted.',
    retryable: false,
  },
  MILLRACE_QUEUE_UNKNOWN: {
    says: (f: { queue: string }) => `the database knows no queue ${f.queue}`,
    remedy: 'Start a process of this release first: it makes the queues that its contract names.',
    retryable: true,
  },
  MILLRACE_QUEUE_BACKLOG_FULL: {
    says: (f: { waiting: number }) => `${f.waiting} submits of this process wait for the database already`,
    remedy: 'Slow down: answer 503 with Retry-After, or submit in bulk.',
    retryable: true,
  },
  MILLRACE_QUEUE_LEASE_LOST: {
    says: (f: { jobId: string }) =>
      `job ${f.jobId} is no longer ours: its lease was lost and it was given to another worker`,
    remedy:
      'Nothing to do: what this attempt wrote was rolled back, and the job runs elsewhere. If it happens often, look for blocked event loops or an overloaded database.',
    retryable: false,
  },
  MILLRACE_QUEUE_EXPIRED: {
    says: (f: { task: string; ttlMs: number }) =>
      `${f.task} had not begun ${f.ttlMs} ms after it was due, so it never will`,
    remedy: 'Submit it again if it is still wanted. If it happens often, add workers, or raise its ttlMs.',
    retryable: false,
  },
  MILLRACE_QUEUE_JOB_TIMEOUT: {
    says: (f: { task: string; jobTimeoutMs: number; lastError?: string | undefined }) => {
      const why = f.lastError === undefined ? '' : `; its last attempt failed: ${f.lastError}`
      return `${f.task} had not ended ${f.jobTimeoutMs} ms after it was due${why}`
    },
    remedy:
      "Look at the errors of its attempts; raise the task's jobTimeoutMs if they need longer, then redrive the dead letter.",
    retryable: false,
  },
  MILLRACE_QUEUE_WORKER_DIED: {
    says: (f: { crashes: number }) => `the worker process died ${f.crashes} times while it ran this job`,
    remedy:
      'Look in the log for what ended the processes: exhausted memory, process.exit, a crashing native module. Mend the handler, then redrive the dead letter.',
    retryable: false,
  },
  MILLRACE_QUEUE_JOB_FAILED: {
    says: (f: { id: string; code: string; message: string }) => `job ${f.id} failed: ${f.code}: ${f.message}`,
    remedy: 'Look at its operation, or at its dead letter, for what went wrong in each attempt.',
    retryable: false,
  },
  MILLRACE_QUEUE_JOB_CANCELLED: {
    says: (f: { id: string }) => `job ${f.id} was cancelled`,
    remedy: 'Nothing to do: somebody asked for it. Submit it again if it is wanted after all.',
    retryable: false,
  },
  MILLRACE_QUEUE_RESULT_LATE: {
    says: (f: { id: string; status: string; timeoutMs: number }) =>
      `job ${f.id}, ${f.status} at first, has not ended after ${f.timeoutMs} ms of waiting`,
    remedy: 'The job goes on: wait again, or longer, or ask for its operation later. Does a worker run its queue?',
    retryable: true,
  },
  MILLRACE_QUEUE_RESULT_INSIDE: {
    says: (f: { id: string }) => `the result of job ${f.id} was awaited inside a transaction`,
    remedy: 'Wait after the transaction has committed: a job submitted in it does not run before.',
    retryable: false,
  },
  MILLRACE_QUEUE_RESULT_UNTRACKED: {
    says: (f: { id: string; task: string }) => `nothing is known of job ${f.id.slice(0, 80)}: ${f.task} is not tracked`,
    remedy: 'Declare the task with `tracked: true`, or with an output: then its jobs can be waited for.',
    retryable: false,
  },
  MILLRACE_QUEUE_RESULT_INVALID: {
    says: (f: { id: string; task: string; violations: string }) =>
      `the result of job ${f.id} does not fit the output of ${f.task}: ${f.violations}`,
    remedy: 'Another release made it: let the output schema of this one accept it.',
    retryable: false,
  },
  MILLRACE_QUEUE_OPERATION_UNKNOWN: {
    says: (f: { id: string }) => `there is no operation ${f.id.slice(0, 80)}`,
    remedy: 'Check the id. Operations are forgotten some days after they end.',
    retryable: false,
  },
})
