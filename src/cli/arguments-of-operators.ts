/** Arguments that several commands for operators share. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type App, loadApp } from '../app/define-app.ts'
import { homeFolder } from '../app/parts.ts'
import { readSettings } from '../app/settings.ts'
import type { Task } from '../contract/task.ts'
import { isUuid } from '../kernel/ids.ts'
import { nearest } from '../kernel/nearest.ts'
import { cliErrors } from './errors.ts'
import { notedApp } from './noted-app.ts'
import type { Given, Option } from './subcommands.ts'

export const APP_OPTION: Option = {
  value: 'app.ts',
  about: 'the file of the application, if it is neither app.ts here nor the one that was started here',
}
export const LIMIT_OPTION: Option = { value: 'n', about: 'so many at most (50)' }
export const AFTER_OPTION: Option = { value: 'position', about: 'go on where the page before ended' }
const LIMIT = 50

/** The application that is named, or the one that is here, or was started here. @throws what `loadApp` throws */
export async function findApp(given: Pick<Given, 'text'>): Promise<App | undefined> {
  const path = given.text('app') ?? ['app.ts', 'app.js'].find((file) => existsSync(file)) ?? startedHere()
  if (path === undefined) return undefined
  process.env['MILLRACE_APP'] = resolve(path) // its own modules may ask which it is
  return loadApp(resolve(path))
}

/** `npm start` may run an application that lies elsewhere. */
function startedHere(): string | undefined {
  return notedApp(homeFolder(readSettings(process.env)))
}

/** @throws MILLRACE_CLI_APP_MISSING, saying why it is needed */
export async function getApp(given: Pick<Given, 'text'>, why: string): Promise<App> {
  const app = await findApp(given)
  if (app === undefined) throw cliErrors.MILLRACE_CLI_APP_MISSING({ why })
  return app
}

/** A task of the application. @throws MILLRACE_CLI_TASK_UNKNOWN, with the one that may be meant */
export function taskOf(app: App, name: string): Task {
  const task = app.contract.tasks.get(name)
  if (task === undefined)
    throw cliErrors.MILLRACE_CLI_TASK_UNKNOWN({ task: name, nearest: nearest(name, app.contract.tasks.keys()) })
  return task
}

/** @throws MILLRACE_CLI_ARGUMENT_INVALID */
export function limitOf(given: Given, max: number): number {
  const text = given.text('limit') ?? String(LIMIT)
  const limit = Number(text)
  if (/^\d{1,9}$/.test(text) && limit >= 1 && limit <= max) return limit
  throw invalid('--limit', text, `a whole number from 1 to ${max}`)
}

/** @throws MILLRACE_CLI_ARGUMENT_INVALID */
export function numberOf(given: Given, option: string): number | undefined {
  const text = given.text(option)
  if (text === undefined) return undefined
  if (/^\d{1,12}(\.\d{1,6})?$/.test(text)) return Number(text)
  throw invalid(`--${option}`, text, 'a number')
}

/** @throws MILLRACE_CLI_ARGUMENT_INVALID */
export function choiceOf<const C extends string>(given: Given, option: string, choices: readonly C[]): C | undefined {
  const text = given.text(option)
  const found = choices.find((choice) => choice === text)
  if (text === undefined || found !== undefined) return found
  throw invalid(`--${option}`, text, choices.join(', '))
}

const AGO_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A moment: a date with its zone, or so long ago: 90s, 15m, 2h, 7d. @throws MILLRACE_CLI_ARGUMENT_INVALID */
export function momentOf(given: Given, option: string, nowMs: number): Date | undefined {
  const text = given.text(option)
  if (text === undefined) return undefined
  const [, number = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (number !== '') return new Date(nowMs - Number(number) * (AGO_MS[unit] ?? 0))
  const at = new Date(text)
  if (/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) && !Number.isNaN(at.getTime())) return at
  throw invalid(`--${option}`, text, 'a moment such as 2026-11-24 or 2026-11-24T18:30:00Z, or so long ago: 15m, 2h, 7d')
}

/** Where the page before ended, as `positionInWords` says it. @throws MILLRACE_CLI_ARGUMENT_INVALID */
export function positionOf(given: Given): { readonly at: Date; readonly id: string } | undefined {
  const text = given.text('after')
  if (text === undefined) return undefined
  const [, at = '', id = ''] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z),([0-9a-f-]{36})$/.exec(text) ?? []
  if (id === '' || Number.isNaN(Date.parse(at))) throw invalid('--after', text, 'what the page before said')
  return { at: new Date(at), id: idsOf([id])[0] ?? id }
}

export function positionInWords(at: Date, id: string): string {
  return `${at.toISOString()},${id}`
}

/** Ids of jobs. @throws MILLRACE_CLI_ARGUMENT_INVALID, so that a typing error is not taken for a job that is not there */
export function idsOf(words: readonly string[]): readonly string[] {
  return words.map((word) => {
    const id = word.toLowerCase()
    if (isUuid(id)) return id
    throw invalid('the id', word, 'a UUID, as `millrace jobs list` and `millrace dead list` show it')
  })
}

export function invalid(argument: string, value: string, rule: string): Error {
  return cliErrors.MILLRACE_CLI_ARGUMENT_INVALID({ argument, value, rule })
}
