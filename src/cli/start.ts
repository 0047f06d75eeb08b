import { shutInspector } from '../app/inspector.ts'
import { homeFolder } from '../app/parts.ts'
import { EXIT } from '../app/run-process.ts'
import { systemClock } from '../kernel/clock.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { openLog } from '../kernel/log.ts'
import { openSupervisor, type Supervisor } from '../plans/supervisor.ts'
import { type Call, readCall } from './arguments.ts'
import { noteApp } from './noted-app.ts'

export async function run(args: readonly string[]): Promise<number> {
  const call = await readCall(args)
  shutInspector(call.settings)
  const supervisor = superviseCall(call, {}, (address) => announce(call, address))
  return runSupervisor(supervisor, call.settings.DRAIN_MS)
}

/** The supervisor of a call, with its processes' lines on this terminal. */
export function superviseCall(
  call: Call,
  env: Readonly<Record<string, string>>,
  onReady: (address: string | undefined) => void,
): Supervisor {
  const { app, appPath, settings } = call
  const format = settings.LOG_FORMAT ?? 'text'
  const home = homeFolder(settings)
  return openSupervisor({
    app,
    appPath,
    settings,
    home,
    program: process.argv[1] ?? '',
    env: { ...(process.env as Record<string, string>), LOG_FORMAT: format, ...env },
    clock: systemClock,
    log: openLog({ name: 'start', level: settings.LOG_LEVEL, format }),
    onLine: (instance, line) =>
      process.stdout.write(format === 'json' ? `${line}\n` : `${instance.padEnd(6)} │ ${line}\n`),
    onReady(address) {
      noteApp(home, appPath)
      onReady(address)
    },
  })
}

const ECHO_MS = 500

/** Runs until a signal, or until no restart can help. A second signal ends everything at once. */
export async function runSupervisor(supervisor: Supervisor, drainMs: number): Promise<number> {
  const stopping = Promise.withResolvers<undefined>()
  let firstAt: number | undefined
  const onSignal = (): void => {
    const now = systemClock.monotonic()
    // one Ctrl-C may arrive twice: from the terminal, and from npm, which passes it on
    if (firstAt !== undefined && now - firstAt > ECHO_MS) supervisor.kill()
    if (firstAt === undefined) process.stdout.write('finishing what is under way; Ctrl-C again ends it at once\n')
    firstAt ??= now
    stopping.resolve(undefined)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  const aborted = new AbortController()
  void stopping.promise.then(() => aborted.abort())
  const failed = supervisor.failed.catch((error: unknown) => asError(error))
  const ended = await Promise.race([
    supervisor.start(aborted.signal).then(
      () => Promise.race([stopping.promise, failed]),
      (thrown: unknown) => asError(thrown),
    ),
    failed,
  ])
  await supervisor.stop({ drainMs })
  if (ended === undefined || firstAt !== undefined) return EXIT.done
  process.stderr.write(`millrace: ${ended.message}\n`)
  if (isMillraceError(ended)) process.stderr.write(`  what to do: ${ended.remedy}\n  code: ${ended.code}\n`)
  return EXIT.refused
}

function announce({ app, settings }: Call, address: string | undefined): void {
  const where = address === undefined ? 'works' : `is ready at ${address}`
  const data = settings.DATABASE_URL === undefined ? `; data in ${settings.MILLRACE_HOME}` : ''
  process.stdout.write(`${app.name} ${where}${data}; Ctrl-C stops it\n`)
}
