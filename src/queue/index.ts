/** millrace/queue: submitting jobs, and asking what became of them. */
export { type DeadLetter, listDeadLetters, redrive } from './dead-letters.ts'
export type { Job, JobError, JobState } from './job.ts'
export { cancelOperation, findOperations, getOperation, type Operation, type Progress } from './operations.ts'
export type { Submit, SubmitMany, SubmitOptions } from './submit.ts'
