/** No debugger in production: whoever reaches its port can do all that the application can. */
import inspector from 'node:inspector'
import { isServed } from '../data/environment.ts'
import { appErrors } from './errors.ts'
import type { Settings } from './settings.ts'

/**
 * In production and staging, refuses to run beside an open inspector, and keeps SIGUSR1 from opening one.
 *
 * @throws MILLRACE_APP_INSPECTOR_OPEN
 */
export function shutInspector({ MILLRACE_ENV: environment }: Pick<Settings, 'MILLRACE_ENV'>): void {
  if (!isServed(environment)) return
  const url = inspector.url()
  if (url !== undefined) throw appErrors.MILLRACE_APP_INSPECTOR_OPEN({ url })
  process.on('SIGUSR1', () => {}) // Node opens one at this signal, unless somebody listens
}
