/**
 * `npm run bench:gate`: whether Millrace has become slower, or writes more. It holds ratios and counts against gate.json,
 * never times: those belong to one machine. Exit code 1 when a bound is broken. `--own` needs no peers: CI runs it.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killContestants } from './contestants/process.ts'
import { bestOf } from './gate/best-of.ts'
import { type Bound, type Judged, judge, readBounds, widened } from './gate/bounds.ts'
import { backlogRatios, heldRatios, writesPerJob } from './gate/own.ts'
import { peerRatios } from './gate/peers.ts'
import { installPeers } from './install.ts'
import { aligned } from './report/grid.ts'
import { startPostgres } from './servers/postgres.ts'

const HOME = join(import.meta.dirname, '.millrace')
/** Beside itself alone, on machines of which nothing is known, a bound has so much more room, … */
const OWN_ROOM = 1.25
/** … what breaks one is measured up to so often, … */
const OWN_COUNT_MAX = 3
/** … and not again when the whole has taken so long. */
const OWN_MS_MAX = 75_000
const HELP = `Holds Millrace's ratios to its peers and to itself, and what a job writes, against bench/gate.json.

  npm run bench:gate                about a minute; exit code 1 when a bound is broken
  npm run bench:gate -- --own       Millrace beside itself only, as CI does: without peers, bounds a quarter wider, and what
                                    breaks one is measured again, for about 90 seconds in all
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
    options: {
      own: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (options.help) {
    console.log(HELP)
    return 0
  }
  const bounds = options.own
    ? widened(
        readBounds().filter(({ needsPeers }) => needsPeers !== true),
        OWN_ROOM,
      )
    : readBounds()
  if (!options.own) installPeers(say)
  const values = await measure(bounds, options.own)
  const judged = judge(bounds, values)
  console.log(options.json ? JSON.stringify(judged, null, 2) : tableOf(judged))
  const strays = [...values.keys()].filter((name) => !bounds.some((bound) => bound.name === name))
  if (strays.length > 0) say(`gate: without a bound in gate.json: ${strays.join('; ')}`)
  return judged.some(({ isBroken }) => isBroken) ? 1 : 0
}

async function measure(bounds: readonly Bound[], isOwn: boolean): Promise<ReadonlyMap<string, number>> {
  const began = performance.now()
  await using cleanup = new AsyncDisposableStack()
  const postgres = await startPostgres(HOME)
  cleanup.defer(() => rmSync(HOME, { recursive: true, force: true, maxRetries: 5 }))
  cleanup.use(postgres)
  const servers = { postgres, redis: undefined }
  const writes = () => writesPerJob(servers)
  const peers = () => peerRatios(servers, say)
  const held = () => heldRatios(servers, say)
  const backlog = () => backlogRatios(servers)
  return await bestOf({
    bounds,
    measurings: isOwn ? [writes, held, backlog] : [writes, peers, held, backlog],
    countMax: isOwn ? OWN_COUNT_MAX : 1,
    hasTime: () => performance.now() - began < OWN_MS_MAX,
  })
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
