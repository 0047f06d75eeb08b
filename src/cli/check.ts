/** Looks at everything that can be wrong before anything starts. One mistake hides no other that can be seen beside it. */
import type { App } from '../app/define-app.ts'
import { checkIdentity } from '../app/identity.ts'
import { checkDatabase, checkPayloadKeys, openParts } from '../app/parts.ts'
import { EXIT } from '../app/run-process.ts'
import { readSettings, type Settings } from '../app/settings.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { handlerLoader } from '../worker/load-handler.ts'
import { readApp } from './arguments.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly says: string
  readonly remedy?: string
}

export async function run(args: readonly string[]): Promise<number> {
  const findings: Finding[] = []
  const look = async (what: string, work: () => Promise<string>): Promise<void> => {
    await work().then(
      (says) => findings.push({ what, ok: true, says }),
      (thrown: unknown) => findings.push(...mistakesIn(thrown).map((error) => wrong(what, error))),
    )
  }
  let settings: Settings | undefined
  let app: App | undefined
  await look('settings', async () => {
    settings = readSettings(process.env)
    return 'can be read'
  })
  await look('application', async () => {
    app = (await readApp(args)).app
    const { tasks, schedules, queues } = app.contract
    return `${app.name}: ${tasks.size} tasks, ${schedules.size} schedules, ${queues.size} queues`
  })
  const [found, set] = [app, settings]
  if (found !== undefined) {
    await look('web', () => checkWeb(found))
    await look('worker', () => checkWorker(found))
  }
  if (found !== undefined && set !== undefined) {
    await look('payload keys', async () => checkKeys(found, set))
    await look('identity', async () => whoSaysWho(found, set))
    await look('database', () => checkTheDatabase(found, set))
  }
  const isJson = args.includes('--json')
  process.stdout.write(isJson ? `${JSON.stringify({ findings })}\n` : findings.map(lineOf).join(''))
  return findings.every((finding) => finding.ok) ? EXIT.done : EXIT.refused
}

function mistakesIn(thrown: unknown): readonly Error[] {
  return thrown instanceof AggregateError ? thrown.errors.map(asError) : [asError(thrown)]
}

function wrong(what: string, error: Error): Finding {
  return { what, ok: false, says: error.message, ...(isMillraceError(error) ? { remedy: error.remedy } : {}) }
}

async function checkWeb(app: App): Promise<string> {
  if (app.web === undefined) return 'none'
  await app.web()
  return 'loads'
}

/** Every task of the contract must have a handler that loads. */
async function checkWorker(app: App): Promise<string> {
  if (app.worker === undefined) return 'none'
  const load = handlerLoader((await app.worker()).default)
  const tried = await Promise.allSettled([...app.contract.tasks.keys()].map(async (task) => load(task)))
  const mistakes = tried.filter((one) => one.status === 'rejected').map((one): unknown => one.reason)
  if (mistakes.length > 0) throw new AggregateError(mistakes, 'handlers are wrong')
  return `${app.contract.tasks.size} handlers load`
}

/** What web and worker would refuse to start for. */
function checkKeys(app: App, settings: Settings): string {
  checkPayloadKeys(app, settings)
  return settings.PAYLOAD_KEYS === undefined ? 'none, and no task needs one' : 'are there'
}

/** What web would refuse to start for. */
function whoSaysWho(app: App, settings: Settings): string {
  checkIdentity(app, settings)
  if (app.identity === undefined) return 'none: there are no users'
  return settings.OIDC_ISSUER === undefined ? 'the local provider, of development' : `of ${settings.OIDC_ISSUER}`
}

async function checkTheDatabase(app: App, settings: Settings): Promise<string> {
  if (settings.DATABASE_URL === undefined) return 'embedded, made at the start'
  const parts = openParts(app, settings, 'check')
  try {
    await checkDatabase(parts)
    return 'answers, and is of this release'
  } finally {
    await parts.close()
  }
}

function lineOf({ what, ok, says, remedy }: Finding): string {
  return `${ok ? 'ok   ' : 'WRONG'} ${what}: ${says}\n${remedy === undefined ? '' : `      what to do: ${remedy}\n`}`
}
