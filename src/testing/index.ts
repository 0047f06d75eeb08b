/** millrace/testing: the kit with which applications are tested. */
export { freePort } from '../kernel/free-port.ts'
export { type FaultProxy, faultProxy } from './fault-proxy.ts'
export {
  isReady,
  killQuietly,
  launchApp,
  type StartedApp,
  type StartOptions,
  startApp,
} from './started-app.ts'
export { type TestDatabase, testDatabase } from './test-database.ts'
export { until } from './until.ts'
