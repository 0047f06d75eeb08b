import { migrationsOf, openParts } from '../app/parts.ts'
import { EXIT } from '../app/run-process.ts'
import { stampEnvironment } from '../data/environment.ts'
import { migrate } from '../data/migrate.ts'
import { readCall } from './arguments.ts'

export async function run(args: readonly string[]): Promise<number> {
  const { app, settings, isJson } = await readCall(args)
  const parts = openParts(app, settings, 'migrate')
  try {
    const applied = await migrate(parts.db, migrationsOf(app))
    await stampEnvironment(parts.db, settings.MILLRACE_ENV)
    const text = applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}.`
    process.stdout.write(isJson ? `${JSON.stringify({ applied })}\n` : `${text}\n`)
    return EXIT.done
  } finally {
    await parts.close()
  }
}
