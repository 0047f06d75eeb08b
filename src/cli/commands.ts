/** What `millrace` can be asked to do. Each command is loaded when it is called: `web` loads nothing of `worker`. */

export interface Command {
  readonly name: string
  readonly usage: string
  readonly about: string
  readonly details: readonly string[]
  /** It has commands of its own, which have their own help. */
  readonly hasSubcommands?: true
  readonly load: () => Promise<{ run(args: readonly string[]): Promise<number> }>
}

/** What all commands for operators say. */
const BESIDE: readonly string[] = [
  'Works on the database that DATABASE_URL names; without it, on the embedded one of a `millrace start` that runs here.',
  'Each of its commands says more with --help. Exit code 0: done; 1: not wholly, again may help; 78: refused, as it is said.',
]

export const COMMANDS: readonly Command[] = [
  {
    name: 'start',
    usage: 'millrace start [app.ts]',
    about: 'Runs everything on this machine: PostgreSQL, the web process, the worker process.',
    details: [
      'Without DATABASE_URL, an embedded PostgreSQL keeps its data in .millrace/ (MILLRACE_HOME).',
      'Ctrl-C drains and stops; a second Ctrl-C ends at once.',
    ],
    load: () => import('./start.ts'),
  },
  {
    name: 'dev',
    usage: 'millrace dev [app.ts]',
    about: 'The same, with web and worker restarted when their code changes, and pages reloaded hot.',
    details: ["The pages come from Vite's development server at PORT; the web process listens on the next free port."],
    load: () => import('./dev.ts'),
  },
  {
    name: 'web',
    usage: 'millrace web [app.ts]',
    about: 'Runs one web process, for containers.',
    details: ['Needs DATABASE_URL. Waits for the database and its schema.'],
    load: () => import('./web.ts'),
  },
  {
    name: 'worker',
    usage: 'millrace worker [app.ts]',
    about: 'Runs one worker process, for containers.',
    details: ['Needs DATABASE_URL. Waits for the database and its schema. SIGTERM drains: DRAIN_MS.'],
    load: () => import('./worker.ts'),
  },
  {
    name: 'migrate',
    usage: 'millrace migrate [app.ts] [--json]',
    about: "Brings the database up to this release: Millrace's tables and the application's.",
    details: ['Needs DATABASE_URL. Safe to run from several places at once.'],
    load: () => import('./migrate.ts'),
  },
  {
    name: 'check',
    usage: 'millrace check [app.ts] [--json]',
    about: 'Checks the settings, the application, its handlers and, when it is named, the database. Starts nothing.',
    details: ['All mistakes are reported together. Exit code 0: nothing is wrong.'],
    load: () => import('./check.ts'),
  },
  {
    name: 'queues',
    usage: 'millrace queues [list | pause <queue> … | resume <queue> …] [--json]',
    about: 'Shows what is in the queues; pauses and resumes them, everywhere at once.',
    details: BESIDE,
    hasSubcommands: true,
    load: () => import('./queues.ts'),
  },
  {
    name: 'tasks',
    usage: 'millrace tasks [list | pause <task> … | resume <task> …] [--json]',
    about: 'Pauses and resumes single tasks, everywhere at once.',
    details: BESIDE,
    hasSubcommands: true,
    load: () => import('./tasks.ts'),
  },
  {
    name: 'jobs',
    usage: 'millrace jobs [list | show <id> | cancel <id> … | history] [options] [--json]',
    about: 'Lists jobs by stage, queue and task, and those that have ended; shows one, wherever it is; cancels.',
    details: BESIDE,
    hasSubcommands: true,
    load: () => import('./jobs.ts'),
  },
  {
    name: 'dead',
    usage: 'millrace dead [list | show <id> | redrive … | discard …] [options] [--json]',
    about: 'Lists dead letters, shows what they died of, redrives and discards them.',
    details: BESIDE,
    hasSubcommands: true,
    load: () => import('./dead.ts'),
  },
  {
    name: 'schedules',
    usage: 'millrace schedules [list] [--app app.ts] [--json]',
    about: 'Shows when schedules were fired last and when they come next.',
    details: BESIDE,
    hasSubcommands: true,
    load: () => import('./schedules.ts'),
  },
  {
    name: 'accounts',
    usage: 'millrace accounts [list | sessions <account> | grant <account> <role> … | disable <account> | …] [--json]',
    about: 'Lists accounts; grants and revokes roles; ends sessions; disables and enables.',
    details: BESIDE,
    hasSubcommands: true,
    load: () => import('./accounts.ts'),
  },
  {
    name: 'token',
    usage: 'millrace token [user] [--scope <scope> …] [--app app.ts] [--json]',
    about: 'Prints a bearer token of the local identity provider, for scripts in development.',
    details: [
      'curl -H "authorization: Bearer $(npx millrace token ada)" http://127.0.0.1:3000/identity/me',
      'It is good for 12 hours. Without a user, for the first one that the application has ready.',
      '--scope says what it is given for, where routes ask for it; it may be said several times.',
    ],
    load: () => import('./token.ts'),
  },
]

export function findCommand(name: string): Command | undefined {
  return COMMANDS.find((command) => command.name === name)
}

export function overview(): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length))
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.about}`)
  return [
    'millrace: a web front end, a queue and workers, as one application.',
    '',
    ...lines,
    '',
    'millrace <command> --help says more.',
    '',
  ].join('\n')
}

export function helpOf(command: Command): string {
  return [command.usage, '', command.about, ...command.details, ''].join('\n')
}
