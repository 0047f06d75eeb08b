import { defineErrors } from '../kernel/errors.ts'

const meant = (nearest: string | undefined): string => (nearest === undefined ? '' : `; is ${nearest} meant?`)

export const cliErrors = defineErrors({
  MILLRACE_CLI_SUBCOMMAND_UNKNOWN: {
    says: (f: { command: string; given: string; nearest: string | undefined; known: readonly string[] }) =>
      `millrace ${f.command} has no command ${f.given.slice(0, 80)}${meant(f.nearest)} (it knows ${f.known.join(', ')})`,
    remedy: 'Name one of these; with --help each says what it does.',
    retryable: false,
  },
  MILLRACE_CLI_ARGUMENT_MISSING: {
    says: (f: { what: string; usage: string }) => `${f.what} is missing: ${f.usage}`,
    remedy: 'Add it; nothing was changed.',
    retryable: false,
  },
  MILLRACE_CLI_ARGUMENT_INVALID: {
    says: (f: { argument: string; value: string; rule: string }) =>
      `${f.argument} is ${JSON.stringify(f.value.slice(0, 80))}, but must be ${f.rule}`,
    remedy: 'Correct it; nothing was changed.',
    retryable: false,
  },
  MILLRACE_CLI_NOT_CONFIRMED: {
    says: (f: { what: string }) => `this would discard ${f.what} for good`,
    remedy: 'Say --yes if that is what you want; nothing was changed.',
    retryable: false,
  },
  MILLRACE_CLI_NO_USERS: {
    says: (f: { app: string }) => `the application ${f.app} has no users`,
    remedy: 'Declare them: defineApp({ identity: { roles: […] } }).',
    retryable: false,
  },
  MILLRACE_CLI_NO_DATABASE: {
    says: (f: { home: string }) =>
      `no DATABASE_URL is set, and no \`millrace start\` that runs its database was found in ${f.home}`,
    remedy:
      'Set DATABASE_URL, or run this beside a running `millrace start`, as the same user, in the folder where it was started (or with the same MILLRACE_HOME).',
    retryable: false,
  },
  MILLRACE_CLI_APP_MISSING: {
    says: (f: { why: string }) => `${f.why}, and there is no app.ts or app.js here, nor was one started here`,
    remedy: 'Run this in the folder of the application, or name its file: --app path/to/app.ts',
    retryable: false,
  },
  MILLRACE_CLI_TASK_UNKNOWN: {
    says: (f: { task: string; nearest: string | undefined }) =>
      `the application has no task ${f.task.slice(0, 80)}${meant(f.nearest)}`,
    remedy: 'Check the name. For a task that only another release knows, say --unchecked.',
    retryable: false,
  },
})
