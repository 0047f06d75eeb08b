/** The bounds of gate.json, and what a value is against them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Bound {
  readonly name: string
  readonly atLeast?: number
  readonly atMost?: number
  /** It is measured beside the peers, or in their turns. */
  readonly needsPeers?: boolean
  /** What it is without a fault, and why the bound lies where it does. */
  readonly because: string
}

export interface Judged extends Bound {
  /** Absent: it was not measured, which counts as broken. */
  readonly value: number | undefined
  readonly isBroken: boolean
}

/** @throws when gate.json is not what it should be. */
export function readBounds(): readonly Bound[] {
  const { bounds } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'gate.json'), 'utf8')) as {
    readonly bounds: readonly Bound[]
  }
  for (const bound of bounds) {
    if ((bound.atLeast === undefined) === (bound.atMost === undefined))
      throw new Error(`gate.json: ${bound.name} needs atLeast or atMost, and not both`)
    if (!bound.because) throw new Error(`gate.json: ${bound.name} gives no reason`)
  }
  return bounds
}

/** The same with so much more room. */
export function widened(bounds: readonly Bound[], factor: number): readonly Bound[] {
  return bounds.map((bound) => ({
    ...bound,
    ...(bound.atLeast === undefined ? {} : { atLeast: bound.atLeast / factor }),
    ...(bound.atMost === undefined ? {} : { atMost: bound.atMost * factor }),
  }))
}

export function judge(bounds: readonly Bound[], values: ReadonlyMap<string, number>): readonly Judged[] {
  return bounds.map((bound) => {
    const value = values.get(bound.name)
    const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bound
    // a value that is no number is neither
    const isKept = value !== undefined && value >= atLeast && value <= atMost
    return { ...bound, value, isBroken: !isKept }
  })
}
