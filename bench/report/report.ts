/** All that a run has to say: printed as a table, written as JSON and as Markdown. */
import type { BacklogRow } from '../backlog/scenario.ts'
import type { Facts } from '../machine.ts'
import type { Finding, IdleStatement, PhotoFinding, Point, Row } from '../results.ts'
import type { Sizes } from '../sizes.ts'

export interface Report {
  readonly facts: Facts
  readonly command: string
  readonly isQuick: boolean
  readonly sizes: Sizes
  readonly rows: readonly Row[]
  readonly photos: PhotoSummary | undefined
  /** What could not be measured, and what to do about it. */
  readonly missing: readonly string[]
  /** Measurements that went wrong. */
  readonly failures: readonly string[]
  readonly findings: readonly Finding[]
  readonly photoFindings: readonly PhotoFinding[]
  readonly points: readonly Point[]
  readonly statements: readonly IdleStatement[]
  readonly backlog: readonly BacklogRow[]
  /** Rates of the settings that were tried out for each system. */
  readonly tried: readonly Tried[]
  readonly seconds: number
}

export interface Tried {
  readonly title: string
  readonly measure: string
  readonly setting: string
  /** Jobs a second. */
  readonly rate: number
}

/** Photos per second. */
export interface PhotoSummary {
  readonly darkroom: number
  readonly bare: number
  /** Millions of pixels of each photo. */
  readonly megapixels: number
}

export const DURABILITY =
  'Redis runs without persistence: a job that BullMQ has acknowledged is in memory only. All others are on disk (fsync on).'
