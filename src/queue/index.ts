/** millrace/queue: submitting jobs, asking what became of them, and what operators do. */
export { cancelJob } from './cancel-job.ts'
export type { QueueClient } from './client.ts'
export { COUNT_EXACT_MAX, type Count } from './count.ts'
export {
  countDeadLetters,
  DEAD_REASONS,
  type DeadFilter,
  type DeadLetter,
  type DeadPosition,
  type DeadReason,
  discard,
  getDeadLetter,
  listDeadLetters,
  redrive,
} from './dead-letters.ts'
export { FIND_COUNT_MAX, type FoundJob, findJob, type JobSighting } from './find-job.ts'
export type { ForeignTransaction } from './foreign-transaction.ts'
export { ENDED_STATUSES, type EndedJob, type EndedStatus, type HistoryPage, listHistory } from './history.ts'
export type { Job, JobError, JobState } from './job.ts'
export { JOB_STAGES, type JobStage, type StagedJob } from './job-stage.ts'
export { type JobPage, type JobQuery, listJobs, PAGE_COUNT_MAX } from './jobs.ts'
export type { SubmitManyOptions, SubmitOptions } from './make-job.ts'
export { cancelOperation, findOperations, getOperation, type Operation, type Progress } from './operations.ts'
export {
  listPaused,
  type Paused,
  type PausedTask,
  pauseQueue,
  pauseTask,
  type ResumeOptions,
  type ResumeTaskOptions,
  resumeQueue,
  resumeTask,
} from './pause.ts'
export { getQueue, listQueues, type QueueOverview } from './queues.ts'
export {
  type BlockOptions,
  discardMatching,
  type RedriveOptions,
  type RedriveReport,
  redriveMatching,
} from './redrive.ts'
export type { ResultOf, ResultOptions } from './results.ts'
export type { Submit, SubmitAll, SubmitAllOptions, SubmitMany } from './submit.ts'
