/** Who takes part, and at which settings. Of several settings the best one counts. */

export type SystemName = 'millrace' | 'graphile-worker' | 'pg-boss' | 'bullmq'

export interface Contestant {
  readonly name: SystemName
  readonly title: string
  readonly module: URL
  readonly store: 'postgres' | 'redis'
  /** Settings of its worker for throughput: all are tried in the first round, the best goes on. */
  readonly drainSettings: readonly string[]
  /** The setting of its worker for latency. */
  readonly latencySetting: string
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
    latencySetting: 'defaults',
    chunk: 5_000,
  },
  {
    name: 'graphile-worker',
    title: 'graphile-worker',
    module: new URL('graphile-worker.mjs', import.meta.url),
    store: 'postgres',
    drainSettings: ['5000/200', '500/24'],
    latencySetting: 'no local queue',
    chunk: 5_000,
  },
  {
    name: 'pg-boss',
    title: 'pg-boss',
    module: new URL('pg-boss.mjs', import.meta.url),
    store: 'postgres',
    drainSettings: ['fetch 500', 'fetch 2000 2', 'work 1000 2'],
    latencySetting: 'notify',
    chunk: 5_000,
  },
  {
    name: 'bullmq',
    title: 'BullMQ',
    module: new URL('bullmq.mjs', import.meta.url),
    store: 'redis',
    drainSettings: ['24', '50', '200'],
    latencySetting: '4',
    chunk: 5_000,
  },
]
