/**
 * The rounds of a run. Each round measures everything, one contestant after the other (A B C A B C …), so that a machine
 * that becomes slower or faster on the way does so for all of them.
 */
import { CONTESTANTS } from './contestants/contestants.ts'
import { http } from './measures/http.ts'
import { latency } from './measures/latency.ts'
import type { Measure, Trial } from './measures/measure.ts'
import { single } from './measures/single.ts'
import { throughput } from './measures/throughput.ts'
import type { MeasureName, Options } from './options.ts'
import { showValue } from './report/numbers.ts'
import type { Tried } from './report/report.ts'
import { FIGURES, type Finding } from './results.ts'
import type { Servers } from './session.ts'

/** What is run, and for which names of `--only`. Draining needs a fill, so the two are one. */
const MEASURES: readonly { readonly names: readonly MeasureName[]; readonly run: Measure }[] = [
  { names: ['bulk', 'drain'], run: throughput },
  { names: ['single'], run: single },
  { names: ['latency'], run: latency },
  { names: ['http'], run: http },
]

export interface RoundsFound {
  readonly findings: readonly Finding[]
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
  const tried: Tried[] = []
  const failures: string[] = []
  const taking = CONTESTANTS.filter(({ store }) => store === 'postgres' || servers.redis !== undefined)
  const wanted = MEASURES.filter(({ names }) => names.some((name) => measures.has(name)))
  for (let round = 1; round <= sizes.rounds; round += 1) {
    for (const { names, run } of wanted) {
      for (const contestant of taking) {
        signal.throwIfAborted()
        const before = findings.length
        const trial: Trial = {
          servers,
          contestant,
          sizes,
          signal,
          tried: (setting, drain) => tried.push({ title: contestant.title, setting, drain }),
          found: (id, value, setting = '') => {
            const figure = FIGURES.find((f) => f.id === id)
            if (figure !== undefined && measures.has(figure.measure))
              findings.push({ round, system: contestant.name, figure: id, setting, value })
          },
        }
        const failure = await run(trial).then(
          () => undefined,
          (thrown: unknown) => `${contestant.title}, ${names.join(' and ')}, round ${round}: ${String(thrown)}`,
        )
        signal.throwIfAborted()
        if (failure !== undefined) failures.push(failure)
        const news = failure ?? findings.slice(before).map(lineOf).join(', ')
        say(`round ${round} of ${sizes.rounds}  ${contestant.title.padEnd(15)}  ${news}`)
      }
    }
  }
  return { findings, tried, failures }
}

function lineOf({ figure, value, setting }: Finding): string {
  const unit = FIGURES.find((f) => f.id === figure)?.unit ?? ''
  return `${figure} ${showValue(value, unit)} ${unit}${setting === '' ? '' : ` (${setting})`}`
}
