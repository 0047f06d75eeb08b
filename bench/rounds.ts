/**
 * The rounds of a run. Each round measures everything, one contestant after the other (A B C A B C …), so that a machine
 * that becomes slower or faster on the way does so for all of them.
 */
import { CONTESTANTS } from './contestants/contestants.ts'
import { concurrency } from './measures/concurrency.ts'
import { held } from './measures/held.ts'
import { http } from './measures/http.ts'
import { idle } from './measures/idle.ts'
import { latency } from './measures/latency.ts'
import type { Measure, Trial } from './measures/measure.ts'
import { single } from './measures/single.ts'
import { throughput } from './measures/throughput.ts'
import { transactional } from './measures/transactional.ts'
import { wal } from './measures/wal.ts'
import type { MeasureName, Options } from './options.ts'
import { showValue } from './report/numbers.ts'
import type { Tried } from './report/report.ts'
import { FIGURES, type Finding, type IdleStatement, type Point } from './results.ts'
import type { Servers } from './session.ts'

interface Planned {
  /** The names of `--only` that want it. Draining needs a fill, so the two are one. */
  readonly names: readonly MeasureName[]
  readonly run: Measure
  /** Long ones, and those that count instead of timing, are run in the first rounds only. */
  readonly roundsMax: number
}

const PLAN: readonly Planned[] = [
  { names: ['bulk', 'drain'], run: throughput, roundsMax: Number.POSITIVE_INFINITY },
  { names: ['transactional'], run: transactional, roundsMax: Number.POSITIVE_INFINITY },
  { names: ['single'], run: single, roundsMax: Number.POSITIVE_INFINITY },
  { names: ['latency'], run: latency, roundsMax: Number.POSITIVE_INFINITY },
  { names: ['http'], run: http, roundsMax: Number.POSITIVE_INFINITY },
  { names: ['idle'], run: idle, roundsMax: 1 },
  { names: ['wal'], run: wal, roundsMax: 1 },
  { names: ['concurrency'], run: concurrency, roundsMax: 1 },
  { names: ['held'], run: held, roundsMax: 1 },
]

export interface RoundsFound {
  readonly findings: readonly Finding[]
  readonly points: readonly Point[]
  readonly statements: readonly IdleStatement[]
  readonly tried: readonly Tried[]
  /** What went wrong, in a sentence each; the rest was measured all the same. */
  readonly failures: readonly string[]
}

/** Runs all rounds. A measurement that fails is told and left out. @throws the signal's reason when it fires. */
export async function runRounds(
  { measures, sizes }: Options,
  servers: Servers,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<RoundsFound> {
  const findings: Finding[] = []
  const points: Point[] = []
  const statements: IdleStatement[] = []
  const tried: Tried[] = []
  const failures: string[] = []
  const taking = CONTESTANTS.filter(({ store }) => store === 'postgres' || servers.redis !== undefined)
  const wanted = PLAN.filter(({ names }) => names.some((name) => measures.has(name)))
  for (let round = 1; round <= sizes.rounds; round += 1) {
    for (const { names, run, roundsMax } of wanted) {
      for (const contestant of round <= roundsMax ? taking : []) {
        signal.throwIfAborted()
        const head = `round ${round} of ${sizes.rounds}  ${contestant.title.padEnd(15)}  `
        const system = contestant.name
        const before = findings.length
        const trial: Trial = {
          servers,
          contestant,
          sizes,
          signal,
          tried: (measure, setting, value) => tried.push({ title: contestant.title, measure, setting, rate: value }),
          found: (id, value, setting = '') => {
            const figure = FIGURES.find((f) => f.id === id)
            if (figure !== undefined && measures.has(figure.measure))
              findings.push({ round, system, figure: id, setting, value })
          },
          point: (curve, x, value, setting = '') => points.push({ round, system, curve, setting, x, value }),
          asked: (statement, perMinute) => statements.push({ system, statement, perMinute }),
          progress: (text) => say(head + text),
        }
        const failure = await run(trial).then(
          () => undefined,
          (thrown: unknown) => `${contestant.title}, ${names.join(' and ')}, round ${round}: ${String(thrown)}`,
        )
        signal.throwIfAborted()
        if (failure !== undefined) failures.push(failure)
        const news = failure ?? findings.slice(before).map(lineOf).join(', ')
        if (news !== '') say(head + news)
      }
    }
  }
  return { findings, points, statements, tried, failures }
}

function lineOf({ figure, value, setting }: Finding): string {
  const unit = FIGURES.find((f) => f.id === figure)?.unit ?? ''
  return `${figure} ${showValue(value, unit)} ${unit}${setting === '' ? '' : ` (${setting})`}`
}
