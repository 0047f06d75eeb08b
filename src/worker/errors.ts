import { defineErrors } from '../kernel/errors.ts'

export const workerErrors = defineErrors({
  MILLRACE_WORKER_EFFECT_INVALID: {
    says: (f: { jobId: string; name: string }) => `job ${f.jobId}: ${JSON.stringify(f.name)} is no name for an effect`,
    remedy: 'Name what `once` does with 1 to 100 characters, each effect of a task differently.',
    retryable: false,
  },
  MILLRACE_WORKER_BATCH_INVALID: {
    says: (f: { task: string; countMax: number; waitMs: number; isolate: string; other: string }) =>
      `the batches of ${f.task} are of ${f.countMax} jobs, wait ${f.waitMs} ms, run in isolation ${f.isolate}${f.other === '' ? '' : `, and share their queue with ${f.other}`}`,
    remedy:
      'Give countMax from 2 to 1,000, waitMs from 0 to 10,000, no isolation (a batch runs in the event loop), and a queue whose tasks all take batches.',
    retryable: false,
  },
  MILLRACE_WORKER_BATCH_UNEVEN: {
    says: (f: { task: string; wanted: number; found: number }) =>
      `the handler of ${f.task} was given ${f.wanted} jobs and answered ${f.found} results`,
    remedy: 'Answer one result, or one error, for each job, in their order.',
    retryable: false,
  },
  MILLRACE_WORKER_ACTOR_GONE: {
    says: (f: { task: string; account: string }) =>
      `a job of ${f.task} was submitted in the name of ${f.account}, an account that is disabled or not there`,
    remedy:
      'Enable the account (`millrace accounts enable`) and redrive the dead letter, if its job is wanted after all.',
    retryable: false,
  },
  MILLRACE_WORKER_ACTOR_DENIED: {
    says: (f: { task: string; account: string; needs: string }) =>
      `a job of ${f.task} was submitted by ${f.account}, who may no longer: it needs ${f.needs}`,
    remedy: 'Give them the role again and redrive the dead letter, if its job is wanted after all.',
    retryable: false,
  },
  MILLRACE_WORKER_INPUT_INVALID: {
    says: (f: { task: string; violations: string }) =>
      `the stored input of ${f.task} does not fit its schema: ${f.violations}`,
    remedy: 'A release with another schema submitted it: accept the old form as well, then redrive the dead letter.',
    retryable: false,
  },
  MILLRACE_WORKER_UPCAST_FAILED: {
    says: (f: { task: string; version: number; why: string }) =>
      `an input of ${f.task} of version ${f.version} could not be made a newer one: ${f.why}`,
    remedy: 'Correct the upcasters of the task, then redrive the dead letter: it keeps the input as it was submitted.',
    retryable: false,
  },
  MILLRACE_WORKER_OUTPUT_INVALID: {
    says: (f: { task: string; violations: string }) =>
      `the handler of ${f.task} returned what its output schema refuses: ${f.violations}`,
    remedy: 'Correct the handler or the schema, then redrive the dead letter.',
    retryable: false,
  },
  MILLRACE_WORKER_OUTPUT_TOO_LARGE: {
    says: (f: { task: string; bytes: number; bytesMax: number }) =>
      `the result of ${f.task} takes ${f.bytes} bytes, but ${f.bytesMax} is the most`,
    remedy: 'Put large things into blobs and return their key.',
    retryable: false,
  },
  MILLRACE_WORKER_OUTCOME_REFUSED: {
    says: () => 'the outcome of this attempt could not be stored as it was',
    remedy: 'The log has what the database said. Look for results or errors that are no JSON or far too large.',
    retryable: false,
  },
  MILLRACE_WORKER_CELL_NOT_STARTED: {
    says: (f: { task: string; how: string }) => `what was to run ${f.task} did not start: ${f.how}`,
    remedy: 'Look in the log for why: a module that does not load, exhausted memory or processes.',
    retryable: true,
  },
  MILLRACE_WORKER_HANDLER_MISSING: {
    says: (f: { task: string }) => `no handler of this release runs ${f.task}`,
    remedy: 'Name the handler of every task of the contract in the worker file.',
    retryable: true,
  },
  MILLRACE_WORKER_HANDLER_WRONG: {
    says: (f: { task: string; found: string }) => `the file that should handle ${f.task} exports ${f.found}`,
    remedy: 'Let its default export be handler(…) of that task.',
    retryable: false,
  },
  MILLRACE_WORKER_TIMEOUT: {
    says: (f: { task: string; timeoutMs: number }) => `${f.task} was not done after ${f.timeoutMs} ms`,
    remedy: "Raise the task's timeoutMs, or find what takes it so long.",
    retryable: true,
  },
  MILLRACE_WORKER_CANCELLED: {
    says: (f: { jobId: string }) => `job ${f.jobId} was cancelled`,
    remedy: 'Nothing to do: someone asked for it.',
    retryable: false,
  },
  MILLRACE_WORKER_DRAINING: {
    says: (f: { jobId: string }) => `the worker stops, so job ${f.jobId} was handed back unfinished`,
    remedy: 'Nothing to do: another worker, or this one after its restart, runs it again; no attempt was spent.',
    retryable: true,
  },
  MILLRACE_WORKER_CELL_DIED: {
    says: (f: { task: string; how: string }) => `what ran ${f.task} died: ${f.how}`,
    remedy: 'Look for process.exit, exhausted memory or a crashing native module in the handler.',
    retryable: true,
  },
  MILLRACE_WORKER_TRANSACTION_TWICE: {
    says: (f: { jobId: string }) => `the handler of job ${f.jobId} called transaction a second time`,
    remedy: 'Do everything in one transaction: it completes the job.',
    retryable: false,
  },
})
