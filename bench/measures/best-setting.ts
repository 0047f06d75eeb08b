/** The best setting of each system's worker, found in the first round: it would take too long to run all in each. */
import type { Trial } from './measure.ts'

const best = new Map<string, string>()

/** Tries the settings, each with a measurement of its own, once in a run. `measure` names what is tried. */
export async function bestSetting(
  { contestant, tried }: Trial,
  measure: string,
  settings: readonly string[],
  rateAt: (setting: string) => Promise<number>,
): Promise<string> {
  const key = `${contestant.name} ${measure}`
  const known = best.get(key)
  if (known !== undefined) return known
  const [first = 'defaults', ...others] = settings
  const rates: { readonly setting: string; readonly rate: number }[] = []
  for (const setting of others.length === 0 ? [] : settings) {
    const rate = await rateAt(setting)
    rates.push({ setting, rate })
    tried(measure, setting, rate)
  }
  const found = rates.toSorted((a, b) => b.rate - a.rate)[0]?.setting ?? first
  best.set(key, found)
  return found
}
