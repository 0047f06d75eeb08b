/** Numbers and moments as people read them. */
import type { Count } from '../queue/count.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** 12, or ~1,200,000 when it is an estimate. */
export function countInWords({ count, isEstimate }: Count): string {
  return `${isEstimate ? '~' : ''}${numberInWords(count)}`
}

export function numberInWords(count: number): string {
  return count.toLocaleString('en')
}

/** The largest unit that fits: 3 d, 90 s is 1 min. */
export function durationInWords(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, least]) => ms >= least) ?? ['s', 1_000]
  return `${Math.floor(Math.max(0, ms) / unitMs)} ${unit}`
}

/** To the second, in UTC: 2026-11-24 18:25:32Z. */
export function momentInWords(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')}Z`
}

/** 1 job, 2 jobs. */
export function amount(count: number, noun: string): string {
  return `${numberInWords(count)} ${noun}${count === 1 ? '' : 's'}`
}
