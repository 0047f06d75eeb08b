/**
 * `npm run bench:million`: one `submitAll` of a million jobs that a generator makes, into the server and with the settings that
 * users get. Says how far it is, how long it took, and what this process held of it. Exit code 1 when it held too much, told
 * its progress wrongly, or the queue has not got them all. As a test, with fewer: src/queue/submit-all.test.ts.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defineApp } from 'millrace/app'
import { noop } from './contestants/millrace-tasks.ts'
import { awaitDatabase, migrate, migrationsOf, openParts, readSettings, stampEnvironment } from './millrace-inside.ts'
import { startPostgres } from './servers/postgres.ts'

const JOBS = 1_000_000
const TOLD_EVERY = 100_000
const START_MS_MAX = 30_000
const DATABASE = 'million'
const HOME = join(import.meta.dirname, '.millrace')
const MB = 1024 ** 2
/** A million of these jobs are some 300 MB. */
const GROWTH_MB_MAX = 32

process.exitCode = await main()

async function main(): Promise<number> {
  await using cleanup = new AsyncDisposableStack()
  const postgres = await startPostgres(HOME)
  // not before: while another run has the folder, it is not ours to remove
  cleanup.defer(() => rmSync(HOME, { recursive: true, force: true, maxRetries: 5 }))
  cleanup.use(postgres)
  const parts = await openQueue(await postgres.database(DATABASE))
  cleanup.defer(() => parts.close())

  const told: number[] = []
  const heap: number[] = []
  const began = performance.now()
  const count = await parts.client.submitAll(noop, inputs(), {
    onProgress(written) {
      told.push(written)
      if (written % TOLD_EVERY !== 0) return
      heap.push(heapInUse())
      const seconds = ((performance.now() - began) / 1_000).toFixed(1)
      console.log(`${written.toLocaleString('en')} written after ${seconds} s, ${shown(heap.at(-1) ?? 0)} in use`)
    },
  })
  const seconds = (performance.now() - began) / 1_000
  const [stored] = await postgres.query<{ jobs: number; xids: number }>(
    DATABASE,
    'select sum(count)::integer as jobs, count(distinct xid)::integer as xids from millrace.entry',
  )
  const growth = Math.max(...heap) - (heap[0] ?? 0)
  console.log(
    `${count.toLocaleString('en')} submitted in ${seconds.toFixed(1)} s, ${Math.round(count / seconds).toLocaleString('en')} jobs/s; ${shown(growth)} more in use than after the first ${TOLD_EVERY.toLocaleString('en')}, ${shown(process.resourceUsage().maxRSS * 1024)} of memory at most`,
  )
  const isRising = told.every((written, n) => written > (told[n - 1] ?? 0)) && told.at(-1) === JOBS
  const isGood = count === JOBS && stored?.jobs === JOBS && stored.xids === 1 && isRising && growth < GROWTH_MB_MAX * MB
  if (!isGood) console.error(`bench:million: ${JSON.stringify({ count, stored, isRising, growth })}`)
  return isGood ? 0 : 1
}

function* inputs(): Generator<{ i: number }> {
  for (let i = 0; i < JOBS; i += 1) yield { i }
}

async function openQueue(url: string) {
  const app = defineApp({ name: DATABASE, tasks: [noop] })
  const settings = readSettings({ DATABASE_URL: url, MILLRACE_ENV: 'test', LOG_LEVEL: 'warn' })
  const parts = openParts(app, settings, 'bench')
  await migrate(parts.db, migrationsOf(app))
  await stampEnvironment(parts.db, settings.MILLRACE_ENV)
  await awaitDatabase(parts, AbortSignal.timeout(START_MS_MAX))
  return parts
}

/** The memory of JavaScript that is in use, without what nobody needs any more. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  return process.memoryUsage().heapUsed
}

function shown(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`
}
