/** What a scenario is, and how its samples are taken: the two sides by turns. */
import { median, quantile } from '../results.ts'
import type { PostgresServer } from '../servers/postgres.ts'
import type { BacklogSizes } from '../sizes.ts'
import { openSide, type Side } from './side.ts'

/** One line of the table: the same thing on an empty queue and behind a backlog, in milliseconds. */
export interface BacklogRow {
  readonly scenario: string
  readonly figure: string
  readonly empty: Quantiles
  readonly full: Quantiles
  /** Of the p99s, full to empty: the median over blocks of samples, so that one hiccup of the machine is none of ours. */
  readonly ratio: number
  readonly sampleCount: number
}

export interface Quantiles {
  readonly p50: number
  readonly p99: number
  /** The samples, thinned out, for the plot. */
  readonly curve: readonly number[]
}

export interface BacklogRun {
  readonly postgres: PostgresServer
  readonly sizes: BacklogSizes
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Times, by what was timed, of one sample. */
export type Sample = Readonly<Record<string, number>>

const BLOCKS = 8
const CURVE_POINTS = 101
const TELL_EVERY_MS = 5_000

export interface Sides extends AsyncDisposable {
  readonly empty: Side
  readonly full: Side
}

export async function openSides({ postgres }: BacklogRun): Promise<Sides> {
  await using cleanup = new AsyncDisposableStack()
  const empty = cleanup.use(await openSide(postgres, 'empty'))
  const full = cleanup.use(await openSide(postgres, 'full'))
  const owned = cleanup.move()
  return { empty, full, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Takes samples of both sides by turns, after a few that do not count. */
export async function compare(
  { signal, say }: BacklogRun,
  scenario: string,
  sides: Sides,
  count: number,
  take: (side: Side, n: number) => Promise<Sample>,
): Promise<readonly BacklogRow[]> {
  const found = { empty: [] as Sample[], full: [] as Sample[] }
  const warmUp = Math.ceil(count / 20)
  let toldAt = performance.now()
  for (let n = 0; n < warmUp + count; n += 1) {
    signal.throwIfAborted()
    for (const name of n % 2 === 0 ? (['empty', 'full'] as const) : (['full', 'empty'] as const)) {
      const sample = await take(sides[name], n)
      if (n >= warmUp) found[name].push(sample)
    }
    if (performance.now() - toldAt < TELL_EVERY_MS) continue
    toldAt = performance.now()
    say(`${scenario}: ${n} of ${warmUp + count} samples`)
  }
  return Object.keys(found.full[0] ?? {}).map((figure) => {
    const of = (samples: readonly Sample[]): readonly number[] => samples.map((sample) => sample[figure] ?? Number.NaN)
    return rowOf(scenario, figure, of(found.empty), of(found.full))
  })
}

export function rowOf(scenario: string, figure: string, empty: readonly number[], full: readonly number[]): BacklogRow {
  const size = Math.max(1, Math.ceil(full.length / BLOCKS))
  const ratios = Array.from({ length: Math.ceil(full.length / size) }, (_, block) => {
    const of = (times: readonly number[]): number => quantile(times.slice(block * size, (block + 1) * size), 0.99)
    return of(full) / of(empty)
  })
  return {
    scenario,
    figure,
    empty: quantilesOf(empty),
    full: quantilesOf(full),
    ratio: median(ratios),
    sampleCount: full.length,
  }
}

function quantilesOf(times: readonly number[]): Quantiles {
  const curve = Array.from({ length: CURVE_POINTS }, (_, n) => quantile(times, n / (CURVE_POINTS - 1)))
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), curve }
}
