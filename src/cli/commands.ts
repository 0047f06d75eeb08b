/** What `millrace` can be asked to do. Each command is loaded when it is called: `web` loads nothing of `worker`. */

export interface Command {
  readonly name: string
  readonly usage: string
  readonly about: string
  readonly details: readonly string[]
  readonly load: () => Promise<{ run(args: readonly string[]): Promise<number> }>
}

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
