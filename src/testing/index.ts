/** millrace/testing: the kit with which applications are tested. */
export { type FaultProxy, faultProxy } from './fault-proxy.ts'
export {
  freePort,
  isReady,
  killQuietly,
  launchApp,
  type StartedApp,
  type StartOptions,
  startApp,
} from './started-app.ts'
export { type TestDatabase, testDatabase } from './test-database.ts'
export { until } from './until.ts'
