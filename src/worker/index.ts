/** millrace/worker: what the worker side of an application writes. */

export type { Attempt, Runtime } from './attempt.ts'
export { type BatchAttempt, type BatchHandler, type BatchOptions, type BatchResults, batchHandler } from './batch.ts'
export {
  type Handler,
  type HandlerEntry,
  type Handlers,
  handler,
  handlers,
  type Isolation,
  PermanentError,
  RetryLater,
} from './handler.ts'
