/** What a measure is: run once for each contestant in each round. */
import type { Contestant } from '../contestants/contestants.ts'
import type { CurveId, FigureId } from '../results.ts'
import type { Servers } from '../session.ts'
import type { Sizes } from '../sizes.ts'

export interface Trial {
  readonly servers: Servers
  readonly contestant: Contestant
  readonly sizes: Sizes
  /** Ends long waits when the run is interrupted. */
  readonly signal: AbortSignal
  /** Notes what a setting did that was tried out. */
  tried(measure: string, setting: string, rate: number): void
  /** Records one value. */
  found(figure: FigureId, value: number, setting?: string): void
  /** Records one point of a curve. */
  point(curve: CurveId, x: number, value: number, setting?: string): void
  /** Records what an idle worker process asks. */
  asked(statement: string, perMinute: number): void
  /** Tells how far a long measure is. */
  progress(text: string): void
}

export type Measure = (trial: Trial) => Promise<void>

/** So many in so many milliseconds, per second. */
export function perSecond(count: number, ms: number): number {
  return (count / ms) * 1_000
}
