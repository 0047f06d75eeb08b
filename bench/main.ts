/** `npm run bench`: Millrace beside its peers, in one run. What is measured, and why so: docs/benchmarks.md. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measureBacklog } from './backlog/measure.ts'
import { killContestants } from './contestants/process.ts'
import type { PhotosFound } from './darkroom/measure.ts'
import { installPeers } from './install.ts'
import { readFacts, readLoad } from './machine.ts'
import { HELP, type Options, readOptions, UsageError } from './options.ts'
import type { Report } from './report/report.ts'
import { terminalTable } from './report/table.ts'
import { writeResults } from './report/write.ts'
import { summarise } from './results.ts'
import { runRounds } from './rounds.ts'
import { startPostgres } from './servers/postgres.ts'
import { REDIS_MISSING, startRedis } from './servers/redis.ts'

/** On the disk of the repository, where users have theirs: a temporary folder may be memory, which syncs for free. */
const HOME = join(import.meta.dirname, '.millrace')
const EXIT_INTERRUPTED = 130

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (interrupted.signal.aborted) return
    say('stopping …')
    interrupted.abort(new Error('interrupted'))
    killContestants()
  })

process.exitCode = await main(process.argv.slice(2)).catch((thrown: unknown) => {
  if (interrupted.signal.aborted) return EXIT_INTERRUPTED
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  console.error(`bench: ${error instanceof UsageError ? error.message : (error.stack ?? error.message)}`)
  return 1
})

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words)
  if (options === undefined) {
    console.log(HELP)
    return 0
  }
  installPeers(say)
  const report = await measure(options)
  console.log(`\n${terminalTable(report)}`)
  if (options.jsonPath !== undefined) writeFileSync(options.jsonPath, `${JSON.stringify(report, null, 2)}\n`)
  // hasty results, or such with gaps, must not take the place of others
  const isFit = !options.isQuick && report.failures.length === 0
  const folder = options.outFolder ?? (isFit ? import.meta.dirname : undefined)
  if (folder !== undefined) for (const path of writeResults(report, options.measures, folder)) say(`wrote ${path}`)
  return report.failures.length === 0 ? 0 : 1
}

async function measure(options: Options): Promise<Report> {
  const began = performance.now()
  const loadBefore = readLoad()
  await using cleanup = new AsyncDisposableStack()
  const postgres = await startPostgres(HOME)
  // not before: while another run has the folder, it is not ours to remove
  cleanup.defer(() => rmSync(HOME, { recursive: true, force: true, maxRetries: 5 }))
  cleanup.use(postgres)
  const redis = await startRedis()
  if (redis === undefined) say(REDIS_MISSING)
  else cleanup.use(redis)
  const servers = { postgres, redis }
  const facts = readFacts(servers, loadBefore)
  const { findings, points, statements, tried, failures } = await runRounds(options, servers, say, interrupted.signal)
  const backlog = options.measures.has('backlog')
    ? await measureBacklog(postgres, HOME, options.sizes.backlog, say, interrupted.signal)
    : { rows: [], failures: [] }
  const photos = options.measures.has('darkroom') ? await photosOf(options) : undefined
  interrupted.signal.throwIfAborted()
  const photoFailure = typeof photos === 'string' ? [photos] : []
  const photosFound = typeof photos === 'string' ? undefined : photos
  return {
    facts,
    command: options.command,
    isQuick: options.isQuick,
    sizes: options.sizes,
    rows: summarise(findings),
    photos: photosFound?.summary,
    missing: redis === undefined ? [REDIS_MISSING] : [],
    failures: [...failures, ...backlog.failures, ...photoFailure],
    findings,
    points,
    statements,
    backlog: backlog.rows,
    photoFindings: photosFound?.findings ?? [],
    tried,
    seconds: (performance.now() - began) / 1_000,
  }
}

/** Darkroom's image library is loaded only when it is needed. Answers a sentence when it could not be measured. */
async function photosOf({ sizes }: Options): Promise<PhotosFound | string> {
  try {
    const { measurePhotos } = await import('./darkroom/measure.ts')
    return await measurePhotos(sizes, join(HOME, 'photos'), say, interrupted.signal)
  } catch (thrown) {
    return `Darkroom: ${String(thrown)}`
  }
}

function say(line: string): void {
  console.error(line)
}
