/** Measuring again what broke a bound: a busy machine makes one figure bad now and then, a fault makes every one bad. */
import { type Bound, judge } from './bounds.ts'

/** Measures some of the bounds. Their names stay the same from one call to the next. */
export type Measuring = () => Promise<ReadonlyMap<string, number>>

export interface BestOfOptions {
  readonly bounds: readonly Bound[]
  readonly measurings: readonly Measuring[]
  /** Measurements of each at most. */
  readonly countMax: number
  /** Whether there is time to measure something again. */
  readonly hasTime: () => boolean
}

/** Measures everything once, and again what broke a bound. The best of each figure counts. */
export async function bestOf({ bounds, measurings, countMax, hasTime }: BestOfOptions): Promise<Map<string, number>> {
  const best = new Map<string, number>()
  const broken = (names: Iterable<string>): boolean =>
    judge(
      bounds.filter(({ name }) => new Set(names).has(name)),
      best,
    ).some(({ isBroken }) => isBroken)
  const namesOf = new Map<Measuring, readonly string[]>()
  for (let n = 0; n < countMax; n += 1) {
    for (const measuring of measurings) {
      if (n > 0 && !(broken(namesOf.get(measuring) ?? []) && hasTime())) continue
      const found = await measuring()
      namesOf.set(measuring, [...found.keys()])
      for (const [name, value] of found) best.set(name, better(bounds, name, value, best.get(name)))
    }
  }
  return best
}

function better(bounds: readonly Bound[], name: string, value: number, before: number | undefined): number {
  if (before === undefined || Number.isNaN(before)) return value
  if (Number.isNaN(value)) return before
  const isMoreBetter = bounds.find((bound) => bound.name === name)?.atLeast !== undefined
  return isMoreBetter ? Math.max(before, value) : Math.min(before, value)
}
