/** millrace: what web and worker share. */
export {
  type Access,
  accessInWords,
  allOf,
  allows,
  anyone,
  claim,
  type Principal,
  role,
  scope,
  signedIn,
} from './access.ts'
export { type Contract, contractOf } from './contract.ts'
export { type Granted, type Guard, type GuardRules, guard } from './guard.ts'
export { type KeyPolicy, type Queue, type QueuePolicy, queue, type Rate } from './queue.ts'
export { type Schedule, type ScheduleOptions, schedule } from './schedule.ts'
export type { Schema, SchemaInput, SchemaOutput } from './schema.ts'
export {
  type Priority,
  type RetryDecision,
  type RetryPolicy,
  type Task,
  type TaskInput,
  type TaskOptions,
  type TaskOutput,
  task,
} from './task.ts'
export type { Upcaster, Upcasters } from './version.ts'
