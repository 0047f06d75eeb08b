/** What curves come to: the drain under a held snapshot beside the drain without, and drains by handlers and processes. */
import { CONTESTANTS, type SystemName } from '../contestants/contestants.ts'
import type { JobKind } from '../contestants/system.ts'
import { median, type Point } from '../results.ts'

export interface HeldCurve {
  readonly system: SystemName
  readonly setting: string
  readonly kind: JobKind
  readonly held: readonly Point[]
  readonly free: readonly Point[]
  /** Jobs that had passed at its end. */
  readonly passed: number
  /** Rates of its last third, and the median of their ratios. */
  readonly heldRate: number
  readonly freeRate: number
  readonly ratio: number
}

const KINDS: readonly JobKind[] = ['plain', 'tracked', 'deferred', 'governed']

export function heldCurves(points: readonly Point[]): readonly HeldCurve[] {
  return CONTESTANTS.flatMap(({ name, heldSettings }) =>
    KINDS.flatMap((kind) =>
      heldSettings.flatMap((setting) => {
        const of = (way: 'held' | 'free'): readonly Point[] =>
          points.filter((p) => p.system === name && p.setting === setting && p.curve === `${kind} ${way}`)
        const [held, free] = [of('held'), of('free')]
        const last = Math.ceil(held.length / 3)
        const rates = (all: readonly Point[]): readonly number[] => all.slice(-last).map((p) => p.value)
        const [heldLast, freeLast] = [rates(held), rates(free)]
        if (held.length === 0) return []
        return [
          {
            system: name,
            setting,
            kind,
            held,
            free,
            passed: held.at(-1)?.x ?? 0,
            heldRate: median(heldLast),
            freeRate: median(freeLast),
            ratio: median(heldLast.map((rate, n) => rate / (freeLast[n] ?? Number.NaN))),
          },
        ]
      }),
    ),
  )
}

export interface GridLine {
  readonly system: SystemName
  readonly way: 'noop' | 'wait'
  readonly processes: 1 | 2 | 4
  readonly points: readonly Point[]
}

export function gridLines(points: readonly Point[], way: 'noop' | 'wait'): readonly GridLine[] {
  return CONTESTANTS.flatMap(({ name }) =>
    ([1, 2, 4] as const).flatMap((processes) => {
      const own = points.filter((p) => p.system === name && p.curve === `${way} ${processes}`)
      const line = { system: name, way, processes, points: own.toSorted((a, b) => a.x - b.x) }
      return own.length === 0 ? [] : [line]
    }),
  )
}
