/**
 * Settings come from the environment (12-factor), are parsed once, and all mistakes are told together: name, value, rule.
 */
import { defineErrors } from './errors.ts'

/** How one setting is read. `parse` returns the value, or throws an Error whose message is the rule that was broken. */
export interface Setting<T> {
  readonly about: string
  readonly fallback: T
  readonly parse: (text: string) => T
  /** A secret is never shown, not even when it is wrong. */
  readonly secret: boolean
}

export interface SettingOptions<T> {
  readonly about: string
  readonly fallback: T
  readonly secret?: boolean
}

export type SettingTable = Readonly<Record<string, Setting<unknown>>>
export type SettingValues<T extends SettingTable> = {
  readonly [Name in keyof T]: T[Name] extends Setting<infer V> ? V : never
}

export interface SettingMistake {
  readonly name: string
  readonly value: string
  readonly rule: string
}

export const settingErrors = defineErrors({
  MILLRACE_SETTINGS_INVALID: {
    says: (f: { mistakes: readonly SettingMistake[] }) =>
      ['these settings are wrong:', ...f.mistakes.map((m) => `  ${m.name}=${m.value}: must be ${m.rule}`)].join('\n'),
    remedy: 'Correct the environment variables named, then run `millrace check`.',
    retryable: false,
  },
})

const SHOWN_CHARS_MAX = 80

/**
 * Parses every setting of the table from `env`. An absent or empty variable takes its fallback.
 *
 * @throws MILLRACE_SETTINGS_INVALID naming every mistake, not only the first.
 */
export function parseSettings<const T extends SettingTable>(
  table: T,
  env: Readonly<Record<string, string | undefined>>,
): SettingValues<T> {
  const values: Record<string, unknown> = {}
  const mistakes: SettingMistake[] = []
  for (const [name, setting] of Object.entries(table)) {
    const text = env[name]
    try {
      values[name] = text === undefined || text === '' ? setting.fallback : setting.parse(text)
    } catch (thrown) {
      const value = setting.secret ? '[hidden]' : (text ?? '').slice(0, SHOWN_CHARS_MAX)
      mistakes.push({ name, value, rule: (thrown as Error).message })
    }
  }
  if (mistakes.length > 0) throw settingErrors.MILLRACE_SETTINGS_INVALID({ mistakes })
  return Object.freeze(values) as SettingValues<T>
}

export function textSetting<F extends string | undefined>(options: SettingOptions<F>): Setting<string | F> {
  return { secret: false, ...options, parse: (text) => text }
}

export function integerSetting<F extends number | undefined>(
  options: SettingOptions<F> & { readonly min: number; readonly max: number },
): Setting<number | F> {
  const { min, max } = options
  return {
    secret: false,
    ...options,
    parse(text) {
      const value = Number(text)
      if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value
      throw new Error(`a whole number from ${min} to ${max}`)
    },
  }
}

export function choiceSetting<const C extends readonly string[], F extends C[number] | undefined>(
  options: SettingOptions<F> & { readonly choices: C },
): Setting<C[number] | F> {
  return {
    secret: false,
    ...options,
    parse(text) {
      if (options.choices.includes(text)) return text
      throw new Error(`one of ${options.choices.join(', ')}`)
    },
  }
}

export function urlSetting<F extends string | undefined>(
  options: SettingOptions<F> & { readonly schemes: readonly string[] },
): Setting<string | F> {
  return {
    secret: true,
    ...options,
    parse(text) {
      const scheme = URL.canParse(text) ? new URL(text).protocol.slice(0, -1) : ''
      if (options.schemes.includes(scheme)) return text
      throw new Error(`a URL that begins with ${options.schemes.map((s) => `${s}:`).join(' or ')}`)
    },
  }
}
