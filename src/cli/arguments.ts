/** The words after a command. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type App, loadApp } from '../app/define-app.ts'
import { readSettings, type Settings } from '../app/settings.ts'

export interface Call {
  readonly app: App
  readonly appPath: string
  readonly settings: Settings
  readonly isJson: boolean
}

/** Reads settings and application. */
export async function readCall(args: readonly string[]): Promise<Call> {
  const settings = readSettings(process.env)
  return { ...(await readApp(args)), settings }
}

/** Loads the application: `app.ts`, or the built `app.js`, unless one is named. */
export async function readApp(args: readonly string[]): Promise<Omit<Call, 'settings'>> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const appPath = resolve(positionals[0] ?? ['app.ts', 'app.js'].find((file) => existsSync(file)) ?? 'app.ts')
  // the application's own modules, and its cells, may ask which it is
  process.env['MILLRACE_APP'] = appPath
  return { app: await loadApp(appPath), appPath, isJson: values.json }
}
