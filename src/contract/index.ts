/** millrace: what web and worker share. */
export { type Contract, contractOf } from './contract.ts'
export { type Schedule, type ScheduleOptions, schedule } from './schedule.ts'
export type { Schema, SchemaInput, SchemaOutput } from './schema.ts'
export { type RetryPolicy, type Task, type TaskInput, type TaskOptions, type TaskOutput, task } from './task.ts'
