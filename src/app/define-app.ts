/** An application: the one place that names its contract, its web side and its worker side. */
import { pathToFileURL } from 'node:url'
import { type Contract, contractOf } from '../contract/contract.ts'
import type { Schedule } from '../contract/schedule.ts'
import type { Task } from '../contract/task.ts'
import { checkNames } from '../identity/declared-names.ts'
import { asError } from '../kernel/errors.ts'
import type { Front } from '../web/front.ts'
import type { Handlers } from '../worker/handler.ts'
import { appErrors } from './errors.ts'
import type { IdentityOptions } from './identity-options.ts'

export interface App {
  readonly name: string
  readonly contract: Contract
  /** Loads the web side. Absent: the application has none. */
  readonly web: (() => Promise<{ readonly default: Front }>) | undefined
  /** Loads the worker side. Absent: the application has no tasks to run. */
  readonly worker: (() => Promise<{ readonly default: Handlers }>) | undefined
  /** What it says of its users. Absent: it has none, and every route is for anyone. */
  readonly identity: IdentityOptions | undefined
  /** Folder of the application's own migrations. */
  readonly migrations: URL | undefined
  /** Folder of the pages' sources, with their Vite configuration: `millrace dev` serves them hot. */
  readonly pages: URL | undefined
}

export interface AppOptions {
  readonly name: string
  readonly tasks?: readonly Task[]
  readonly schedules?: readonly Schedule[]
  readonly web?: App['web']
  readonly worker?: App['worker']
  readonly identity?: IdentityOptions
  readonly migrations?: URL
  readonly pages?: URL
}

/**
 * Declares an application: the default export of its `app.ts`.
 *
 * @example
 * export default defineApp({
 *   name: 'darkroom',
 *   tasks: [renderPhoto],
 *   web: () => import('./web/front.ts'),
 *   worker: () => import('./worker/handlers.ts'),
 * })
 * @throws MILLRACE_APP_NAME_INVALID, MILLRACE_IDENTITY_ROLE_UNDECLARED, what contractOf throws
 */
export function defineApp(options: AppOptions): App {
  const { name, tasks = [], schedules = [], web, worker, identity, migrations, pages } = options
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) throw appErrors.MILLRACE_APP_NAME_INVALID({ name })
  if (identity !== undefined)
    for (const task of tasks) if (task.access !== undefined) checkNames(`the task ${task.name}`, task.access, identity)
  return Object.freeze({ name, contract: contractOf({ tasks, schedules }), web, worker, identity, migrations, pages })
}

/** Loads an application from the file that exports it. @throws MILLRACE_APP_NOT_FOUND, MILLRACE_APP_NOT_LOADED */
export async function loadApp(path: string): Promise<App> {
  const url = path.startsWith('file:') ? path : pathToFileURL(path).href
  const module: { readonly default?: unknown } = await import(url).catch((thrown: unknown) => {
    const error = asError(thrown)
    const isAbsent =
      'code' in error && error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes(new URL(url).pathname)
    if (isAbsent) throw appErrors.MILLRACE_APP_NOT_FOUND({ path })
    throw appErrors.MILLRACE_APP_NOT_LOADED({ path, why: error.message }, error)
  })
  const app = module.default
  if (typeof app === 'object' && app !== null && 'contract' in app) return app as App
  throw appErrors.MILLRACE_APP_NOT_LOADED({ path, why: 'its default export is not defineApp(…)' })
}
