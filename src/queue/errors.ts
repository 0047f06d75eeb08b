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
  MILLRACE_QUEUE_WORKER_DIED: {
    says: (f: { crashes: number }) => `the worker process died ${f.crashes} times while it ran this job`,
    remedy:
      'Look in the log for what ended the processes: exhausted memory, process.exit, a crashing native module. Mend the handler, then redrive the dead letter.',
    retryable: false,
  },
  MILLRACE_QUEUE_OPERATION_UNKNOWN: {
    says: (f: { id: string }) => `there is no operation ${f.id}`,
    remedy: 'Check the id. Operations are forgotten some days after they end.',
    retryable: false,
  },
})
