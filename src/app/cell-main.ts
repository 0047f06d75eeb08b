/** The program of a cell: a thread or process that runs one isolated or quarantined job at a time. */
import { serveCell } from '../worker/cell.ts'
import { loadApp } from './define-app.ts'
import { appErrors } from './errors.ts'
import { openParts } from './parts.ts'
import { readSettings } from './settings.ts'

/** A cell runs one job: it needs a connection for it and one to spare. */
const CELL_POOL_MAX = 2

await serveCell(async () => {
  const app = await loadApp(process.env['MILLRACE_APP'] ?? 'app.ts')
  const settings = { ...readSettings(process.env), DATABASE_POOL_MAX: CELL_POOL_MAX }
  const parts = openParts(app, settings, 'cell')
  if (app.worker === undefined) throw appErrors.MILLRACE_APP_HAS_NO_SIDE({ app: app.name, side: 'worker' })
  await parts.lanes.open(parts.db)
  await parts.hints.start(AbortSignal.timeout(10_000))
  const { db, blobs, client, people, payloads, clock, log } = parts
  const runtime = { db, blobs, ...client, clock, log, ...(people === undefined ? {} : { people }) }
  return { runtime, handlers: (await app.worker()).default, payloads }
})
