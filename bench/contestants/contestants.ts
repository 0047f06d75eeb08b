/** Who takes part, and at which settings. Of several settings the best one counts. */
import type { JobKind } from './system.ts'

export type SystemName = 'millrace' | 'graphile-worker' | 'pg-boss' | 'bullmq'

export interface Contestant {
  readonly name: SystemName
  readonly title: string
  readonly module: URL
  readonly store: 'postgres' | 'redis'
  /** Settings of its worker for throughput: all are tried in the first round, the best goes on. */
  readonly drainSettings: readonly string[]
  /** The same for handlers that write in the transaction that completes their job. None: it cannot be done. */
  readonly transactionalSettings: readonly string[]
  /** The setting of its worker for latency. */
  readonly latencySetting: string
  /** Settings whose drain is drawn while an old snapshot is held. None: it keeps no snapshots. */
  readonly heldSettings: readonly string[]
  /** The setting with so many handlers at a time. */
  readonly settingOf: (handlers: number) => string
  readonly kinds: readonly JobKind[]
  /** Jobs in one call of a bulk submit. */
  readonly chunk: number
}

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'millrace',
    title: 'Millrace',
    module: new URL('millrace.ts', import.meta.url),
    store: 'postgres',
    drainSettings: ['defaults'],
    transactionalSettings: ['defaults'],
    latencySetting: 'defaults',
    heldSettings: ['defaults'],
    settingOf: (handlers) => String(handlers),
    kinds: ['plain', 'tracked', 'deferred', 'governed'],
    chunk: 5_000,
  },
  {
    name: 'graphile-worker',
    title: 'graphile-worker',
    module: new URL('graphile-worker.mjs', import.meta.url),
    store: 'postgres',
    drainSettings: ['5000/200', '500/24'],
    transactionalSettings: ['500/24', '500/50'],
    latencySetting: 'no local queue',
    heldSettings: ['5000/200', 'no local queue'],
    settingOf: (handlers) => `5000/${handlers}`,
    kinds: ['plain'],
    chunk: 5_000,
  },
  {
    name: 'pg-boss',
    title: 'pg-boss',
    module: new URL('pg-boss.mjs', import.meta.url),
    store: 'postgres',
    drainSettings: ['fetch 500', 'fetch 2000 2', 'work 1000 2'],
    transactionalSettings: ['fetch 500 2 x12', 'fetch 500 2 x25', 'work 1 25'],
    latencySetting: 'notify',
    heldSettings: ['fetch 2000 2'],
    settingOf: (handlers) => `fetch 2000 1 x${handlers}`,
    kinds: ['plain'],
    chunk: 5_000,
  },
  {
    name: 'bullmq',
    title: 'BullMQ',
    module: new URL('bullmq.mjs', import.meta.url),
    store: 'redis',
    drainSettings: ['24', '50', '200'],
    transactionalSettings: [],
    latencySetting: '4',
    heldSettings: [],
    settingOf: (handlers) => String(handlers),
    kinds: ['plain'],
    chunk: 5_000,
  },
]

export function titleOf(system: SystemName): string {
  return CONTESTANTS.find(({ name }) => name === system)?.title ?? system
}
