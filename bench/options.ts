/** The words after `npm run bench --`. */
import { parseArgs } from 'node:util'
import { FULL, QUICK, type Sizes } from './sizes.ts'

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

export interface Options {
  readonly measures: ReadonlySet<MeasureName>
  readonly sizes: Sizes
  readonly isQuick: boolean
  readonly jsonPath: string | undefined
  /** The command that repeats the run, wherever its JSON went. */
  readonly command: string
}

export const HELP = `Measures Millrace beside graphile-worker, pg-boss and BullMQ, in one run on this machine.

  npm run bench                          everything, about six minutes
  npm run bench -- --quick               a few seconds each: shows that it works, not how fast it is
  npm run bench -- --only drain,http     some of: ${MEASURES.join(', ')}
  npm run bench -- --rounds 5            rounds of every measure; the default is ${FULL.rounds}, with --quick ${QUICK.rounds}
  npm run bench -- --json results.json   the results as JSON, beside the table

A full run also writes bench/RESULTS.md. BullMQ needs redis-server (Debian: apt-get install redis-server); HTTP is driven
by wrk when it is installed (Debian: apt-get install wrk), else by autocannon. What is measured, and how: docs/benchmarks.md.
Nothing else should run on the machine meanwhile.`

const ROUNDS_MAX = 100

/** The words make no sense; the message says why. */
export class UsageError extends Error {}

/** Answers undefined when help is asked for. @throws UsageError */
export function readOptions(words: readonly string[]): Options | undefined {
  const values = parse(words)
  if (values.help) return undefined
  const sizes = values.quick ? QUICK : FULL
  return {
    measures: readMeasures(values.only),
    sizes: values.rounds === undefined ? sizes : { ...sizes, rounds: readRounds(values.rounds) },
    isQuick: values.quick,
    jsonPath: values.json,
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
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

function commandOf({ only, quick, rounds }: { only?: string; quick?: boolean; rounds?: string }): string {
  const words = [
    ...(quick ? ['--quick'] : []),
    ...(only === undefined ? [] : ['--only', only]),
    ...(rounds === undefined ? [] : ['--rounds', rounds]),
  ]
  return ['npm run bench', ...(words.length > 0 ? ['--', ...words] : [])].join(' ')
}

function readMeasures(only: string | undefined): ReadonlySet<MeasureName> {
  const names = only?.split(',') ?? MEASURES
  const unknown = names.filter((name) => !MEASURES.some((measure) => measure === name))
  if (unknown.length > 0)
    throw new UsageError(`there is no measure called ${unknown.join(', ')}: --only takes ${MEASURES.join(', ')}`)
  return new Set(names as readonly MeasureName[])
}

function readRounds(text: string): number {
  const rounds = Number(text)
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= ROUNDS_MAX) return rounds
  throw new UsageError(`--rounds takes a whole number from 1 to ${ROUNDS_MAX}, not ${text}`)
}
