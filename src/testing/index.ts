/** millrace/testing: the kit with which applications are tested. */
export { freePort } from '../kernel/free-port.ts'
export type { FailureOptions, FailurePoint, OrderedFailure } from './failures.ts'
export { type FaultProxy, faultProxy } from './fault-proxy.ts'
export type { RanJob, RanOutcome } from './ran-jobs.ts'
export type { RunJob, RunJobOptions, TaskResult } from './run-job.ts'
export type { SignedIn } from './sign-in.ts'
export {
  isReady,
  killQuietly,
  launchApp,
  type StartedApp,
  type StartOptions,
  startApp,
} from './started-app.ts'
export { type TestApp, type TestAppOptions, testApp } from './test-app.ts'
export { type TestDatabase, testDatabase } from './test-database.ts'
export { until } from './until.ts'
export type { DeadJob, WaitingJob } from './waiting-jobs.ts'
