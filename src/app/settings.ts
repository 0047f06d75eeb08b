/** Every setting of Millrace, in one table: what it is for, its default and its bounds. */

import { ENVIRONMENTS } from '../data/environment.ts'
import { EMAIL_RULES } from '../identity/facts.ts'
import {
  choiceSetting,
  integerSetting,
  parseSettings,
  type Setting,
  type SettingOptions,
  type SettingValues,
  textSetting,
  urlSetting,
} from '../kernel/settings.ts'
import { HISTORY_DAYS } from '../queue/history.ts'
import { type PayloadKeys, payloadKeys } from '../queue/payload/keys.ts'
import { addressesSetting, issuerSetting, originSetting } from './identity-settings.ts'

export const SETTINGS = {
  MILLRACE_ENV: choiceSetting({
    about: 'Which environment this is: the database is stamped with it.',
    choices: ENVIRONMENTS,
    fallback: 'development',
  }),
  MILLRACE_HOME: textSetting({ about: 'The folder of all data of this machine.', fallback: '.millrace' }),
  HOST: textSetting({ about: 'The address that the web process listens on.', fallback: '127.0.0.1' }),
  PORT: integerSetting({ about: 'The port that the web process listens on.', min: 0, max: 65_535, fallback: 3_000 }),
  DATABASE_URL: urlSetting({
    about: 'Your own PostgreSQL, 15 or newer. Without it, an embedded server keeps its data in MILLRACE_HOME.',
    schemes: ['postgres', 'postgresql'],
    fallback: undefined,
  }),
  DATABASE_POOL_MAX: integerSetting({
    about:
      'Database connections of one process, the engine of a worker (7, and 3 for each isolated handler) not counted.',
    min: 1,
    max: 500,
    fallback: 10,
  }),
  CACHE_URL: urlSetting({
    about:
      'Your Redis or Valkey, for sessions, with the maxmemory-policy noeviction. Without it, they are in the database.',
    schemes: ['redis', 'rediss'],
    fallback: undefined,
  }),
  BLOB_URL: urlSetting({
    about: 'Where blobs are kept. Without it, a folder in MILLRACE_HOME.',
    schemes: ['file'],
    fallback: undefined,
  }),
  ORIGIN: originSetting({
    about:
      'Under which clients reach the application, such as https://photos.example.com. Production with users needs it.',
    fallback: undefined,
  }),
  TRUSTED_PROXIES: addressesSetting({
    about:
      'Addresses and networks of proxies in front, separated by commas: only theirs X-Forwarded headers are believed.',
    fallback: [],
  }),
  OIDC_ISSUER: issuerSetting({
    about: 'The OpenID Connect provider. Without it, development has a local one that lets anybody in.',
    fallback: undefined,
  }),
  OIDC_CLIENT_ID: textSetting({ about: 'What the provider calls this application.', fallback: undefined }),
  OIDC_CLIENT_SECRET: textSetting({
    about: 'What this application proves itself with at the provider. Without it, it is a public client.',
    fallback: undefined,
    secret: true,
  }),
  OIDC_SCOPES: textSetting({
    about: 'What the provider is asked for.',
    fallback: 'openid profile email offline_access',
  }),
  OIDC_AUDIENCE: textSetting({
    about: 'The audience of access tokens that are meant for this application. Without it, OIDC_CLIENT_ID.',
    fallback: undefined,
  }),
  OIDC_EMAILS: choiceSetting({
    about:
      'Whose e-mail addresses count: verified, those that the provider says are verified; trusted, those of which it does not say, too.',
    choices: EMAIL_RULES,
    fallback: 'verified',
  }),
  OIDC_ROLES_CLAIM: textSetting({
    about: 'The claim that holds the roles, or the path to it, such as realm_access.roles.',
    fallback: 'roles',
  }),
  PAYLOAD_KEYS: payloadKeysSetting({
    about:
      'The keys that encrypt the inputs of jobs, id:key,id:key,…: the first one encrypts, each of them decrypts. A key is 32 random bytes in base64.',
    fallback: undefined,
  }),
  PAYLOAD_ENCRYPTION: choiceSetting({
    about: 'Whose inputs are encrypted: declared, of the tasks that say `encrypted: true`; all, of every task.',
    choices: ['declared', 'all'],
    fallback: 'declared',
  }),
  LOG_LEVEL: choiceSetting({
    about: 'The least important lines that are logged.',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    fallback: 'info',
  }),
  LOG_FORMAT: choiceSetting({
    about:
      'json: one object a line, for machines; text: for people. Without it: text under `millrace start`, else json.',
    choices: ['json', 'text'],
    fallback: undefined,
  }),
  DRAIN_MS: integerSetting({
    about: 'Milliseconds that a process takes to finish what it is doing when it is asked to stop.',
    min: 0,
    max: 3_600_000,
    fallback: 25_000,
  }),
  LEASE_MS: integerSetting({
    about: "Milliseconds after which a worker's jobs are given to others when it no longer says that it lives.",
    min: 1_000,
    max: 3_600_000,
    fallback: 15_000,
  }),
  BLOCKED_MS_MAX: integerSetting({
    about: 'Milliseconds that a handler may block the event loop of its worker until that process is killed.',
    min: 1_000,
    max: 3_600_000,
    fallback: 60_000,
  }),
  CELL_HEAP_MB_MAX: integerSetting({
    about: 'Megabytes of JavaScript heap that one isolated handler may use.',
    min: 64,
    max: 65_536,
    fallback: 512,
  }),
  HISTORY_DAYS: integerSetting({
    about: 'Days for which ended jobs are remembered.',
    min: 1,
    max: 3_650,
    fallback: HISTORY_DAYS,
  }),
} as const

export interface Settings extends SettingValues<typeof SETTINGS> {
  /** Somebody has said which environment this is: it is not development only because nobody said anything. */
  readonly isEnvironmentNamed: boolean
  /** NODE_ENV says production, which hosts and images set by themselves. */
  readonly isProductionElsewhere: boolean
}

/** @throws MILLRACE_SETTINGS_INVALID naming every mistake */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const isEnvironmentNamed = (env['MILLRACE_ENV'] ?? '') !== ''
  const isProductionElsewhere = env['NODE_ENV'] === 'production'
  return Object.freeze({ ...parseSettings(SETTINGS, env), isEnvironmentNamed, isProductionElsewhere })
}

/** What it parses to shows nothing of the keys when it is printed. */
function payloadKeysSetting(options: SettingOptions<undefined>): Setting<PayloadKeys | undefined> {
  return { ...options, secret: true, parse: payloadKeys }
}
