import type { App } from '../app/define-app.ts'
import { checkDatabase, openParts } from '../app/parts.ts'
import { EXIT } from '../app/run-process.ts'
import type { Settings } from '../app/settings.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { handlerLoader } from '../worker/load-handler.ts'
import { type Call, readCall } from './arguments.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly says: string
  readonly remedy?: string
}

export async function run(args: readonly string[]): Promise<number> {
  const findings: Finding[] = []
  const look = async (what: string, work: () => Promise<string>): Promise<void> => {
    try {
      findings.push({ what, ok: true, says: await work() })
    } catch (thrown) {
      const error = asError(thrown)
      findings.push({
        what,
        ok: false,
        says: error.message,
        ...(isMillraceError(error) ? { remedy: error.remedy } : {}),
      })
    }
  }
  let call: Call | undefined
  await look('settings and application', async () => {
    call = await readCall(args)
    const { tasks, schedules, queues } = call.app.contract
    return `${call.app.name}: ${tasks.size} tasks, ${schedules.size} schedules, ${queues.size} queues`
  })
  if (call !== undefined) {
    const { app, settings } = call
    await look('web', () => checkWeb(app))
    await look('worker', () => checkWorker(app))
    await look('database', () => checkTheDatabase(app, settings))
  }
  const isJson = args.includes('--json')
  process.stdout.write(isJson ? `${JSON.stringify({ findings })}\n` : findings.map(lineOf).join(''))
  return findings.every((finding) => finding.ok) ? EXIT.done : EXIT.refused
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
  for (const task of app.contract.tasks.keys()) await load(task)
  return `${app.contract.tasks.size} handlers load`
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
