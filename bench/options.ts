/** The words after `npm run bench --`. */
import { parseArgs } from 'node:util'
import { FULL, QUICK, type Sizes, withRows } from './sizes.ts'

export const MEASURES = [
  'bulk',
  'drain',
  'transactional',
  'single',
  'latency',
  'http',
  'idle',
  'wal',
  'held',
  'concurrency',
  'darkroom',
  'backlog',
] as const
export type MeasureName = (typeof MEASURES)[number]
/** Run when they are named only: it fills a disk. */
const APART: readonly MeasureName[] = ['backlog']

export interface Options {
  readonly measures: ReadonlySet<MeasureName>
  readonly sizes: Sizes
  readonly isQuick: boolean
  readonly jsonPath: string | undefined
  /** Where RESULTS.md and its plots are written, whatever they are worth; absent: to bench/, when they are good. */
  readonly outFolder: string | undefined
  /** The command that repeats the run, wherever its JSON went. */
  readonly command: string
}

export const HELP = `Measures Millrace beside graphile-worker, pg-boss and BullMQ, in one run on this machine.

  npm run bench                          everything but the backlog, about 25 minutes
  npm run bench -- --only backlog        ten million jobs queued, then deferred: about 15 minutes, 8 GB of disk
  npm run bench -- --quick               a few seconds each: shows that it works, not how fast it is
  npm run bench -- --only drain,http     some of: ${MEASURES.join(', ')}
  npm run bench -- --only held --rows 1000000
                                         so many jobs in a backlog, or past a held snapshot, however long it takes
  npm run bench -- --rounds 5            rounds of every measure; the default is ${FULL.rounds}, with --quick ${QUICK.rounds}
  npm run bench -- --json results.json   the results as JSON, beside the table
  npm run bench -- --out folder          RESULTS.md and its plots there, even of a quick run

Full measures also write their part of bench/RESULTS.md, with plots in bench/plots/. BullMQ needs redis-server (Debian: apt-get install redis-server); HTTP is driven
by wrk when it is installed (Debian: apt-get install wrk), else by autocannon. What is measured, and how: docs/benchmarks.md.
Nothing else should run on the machine meanwhile.`

const ROUNDS_MAX = 100
const ROWS_MAX = 50_000_000

/** The words make no sense; the message says why. */
export class UsageError extends Error {}

/** Answers undefined when help is asked for. @throws UsageError */
export function readOptions(words: readonly string[]): Options | undefined {
  const values = parse(words)
  if (values.help) return undefined
  const standard = values.quick ? QUICK : FULL
  const sizes = values.rows === undefined ? standard : withRows(standard, readNumber('--rows', values.rows, ROWS_MAX))
  return {
    measures: readMeasures(values.only),
    sizes:
      values.rounds === undefined ? sizes : { ...sizes, rounds: readNumber('--rounds', values.rounds, ROUNDS_MAX) },
    isQuick: values.quick,
    jsonPath: values.json,
    outFolder: values.out,
    command: commandOf(values),
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        rows: { type: 'string' },
        json: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

function commandOf(values: { only?: string; quick?: boolean; rounds?: string; rows?: string }): string {
  const { only, quick, rounds, rows } = values
  const words = [
    ...(quick ? ['--quick'] : []),
    ...(only === undefined ? [] : ['--only', only]),
    ...(rounds === undefined ? [] : ['--rounds', rounds]),
    ...(rows === undefined ? [] : ['--rows', rows]),
  ]
  return ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')
}

function readMeasures(only: string | undefined): ReadonlySet<MeasureName> {
  const names = only?.split(',') ?? MEASURES.filter((measure) => !APART.includes(measure))
  const unknown = names.filter((name) => !MEASURES.some((measure) => measure === name))
  if (unknown.length > 0)
    throw new UsageError(`there is no measure called ${unknown.join(', ')}: --only takes ${MEASURES.join(', ')}`)
  return new Set(names as readonly MeasureName[])
}

function readNumber(option: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new UsageError(`${option} takes a whole number from 1 to ${max.toLocaleString('en')}, not ${text}`)
}
