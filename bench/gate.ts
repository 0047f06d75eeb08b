/**
 * `npm run bench:gate`: whether Millrace has become slower, or writes more, in about a minute. It holds ratios and counts
 * against gate.json, never times: those belong to one machine. Exit code 1 when a bound is broken.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killContestants } from './contestants/process.ts'
import { type Judged, judge, readBounds } from './gate/bounds.ts'
import { backlogRatios, heldRatios, writesPerJob } from './gate/own.ts'
import { peerRatios } from './gate/peers.ts'
import { installPeers } from './install.ts'
import { aligned } from './report/grid.ts'
import { startPostgres } from './servers/postgres.ts'

const HOME = join(import.meta.dirname, '.millrace')
const HELP = `Holds Millrace's ratios to its peers and to itself, and what a job writes, against bench/gate.json.

  npm run bench:gate                about a minute; exit code 1 when a bound is broken
  npm run bench:gate -- --json      the same as JSON on standard output`

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    killContestants()
    process.exit(130)
  })

process.exitCode = await main().catch((thrown: unknown) => {
  console.error(`bench:gate: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`)
  return 1
})

async function main(): Promise<number> {
  const { values: options } = parseArgs({
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
  })
  if (options.help) {
    console.log(HELP)
    return 0
  }
  installPeers(say)
  const bounds = readBounds()
  const values = await measure()
  const judged = judge(bounds, values)
  console.log(options.json ? JSON.stringify(judged, null, 2) : tableOf(judged))
  const strays = [...values.keys()].filter((name) => !bounds.some((bound) => bound.name === name))
  if (strays.length > 0) say(`gate: without a bound in gate.json: ${strays.join('; ')}`)
  return judged.some(({ isBroken }) => isBroken) ? 1 : 0
}

async function measure(): Promise<ReadonlyMap<string, number>> {
  await using cleanup = new AsyncDisposableStack()
  const postgres = await startPostgres(HOME)
  cleanup.defer(() => rmSync(HOME, { recursive: true, force: true, maxRetries: 5 }))
  cleanup.use(postgres)
  const servers = { postgres, redis: undefined }
  const found: (readonly [string, number])[] = []
  found.push(...(await writesPerJob(servers)))
  found.push(...(await peerRatios(servers, say)))
  found.push(...(await heldRatios(servers, say)))
  found.push(...(await backlogRatios(servers)))
  return new Map(found)
}

function tableOf(judged: readonly Judged[]): string {
  const shown = (value: number | undefined): string =>
    value === undefined ? '–' : Number(value.toPrecision(3)).toString()
  const rows = judged.map(({ name, value, atLeast, atMost, isBroken }) => [
    name,
    shown(value),
    atLeast === undefined ? `at most ${shown(atMost)}` : `at least ${shown(atLeast)}`,
    isBroken ? 'BROKEN' : 'kept',
  ])
  const broken = judged.filter(({ isBroken }) => isBroken)
  return [
    ...aligned([['', 'found', 'bound', ''], ...rows]),
    '',
    ...broken.map(({ name, because }) => `broken: ${name}. ${because}`),
    broken.length === 0 ? 'All bounds are kept.' : `${broken.length} of ${judged.length} bounds are broken.`,
  ].join('\n')
}

function say(line: string): void {
  console.error(line)
}
