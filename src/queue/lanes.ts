/** The lanes of each queue, by name: asked from the database once, kept for the life of the process. */

import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { queueErrors } from './errors.ts'

const ensure = sql(import.meta.url, 'sql/ensure-lanes.sql')

export interface QueueLanes {
  readonly ready: number
  readonly quarantine: number
}

export class Lanes {
  readonly #byQueue = new Map<string, QueueLanes>()
  readonly #names: readonly string[]

  constructor(queues: readonly string[]) {
    this.#names = queues
  }

  /** Makes the lanes that are missing and learns all of them. Safe to repeat; needs the migrated schema. */
  async open(db: Queryable): Promise<void> {
    if (this.#names.length === 0) return
    const { rows } = await db.query<{ id: number; queue: string; kind: 'ready' | 'quarantine' }>(ensure, [this.#names])
    const missing = this.#names.filter((name) => rows.filter((row) => row.queue === name).length < 2)
    // another process made them between our look and our insert: they are there now
    if (missing.length > 0) return this.open(db)
    for (const name of this.#names) {
      const idOf = (kind: string): number => rows.find((row) => row.queue === name && row.kind === kind)?.id ?? 0
      this.#byQueue.set(name, { ready: idOf('ready'), quarantine: idOf('quarantine') })
    }
  }

  /** @throws MILLRACE_QUEUE_UNKNOWN before `open`, or for a queue that the contract does not name. */
  get(queue: string): QueueLanes {
    const lanes = this.#byQueue.get(queue)
    if (lanes === undefined) throw queueErrors.MILLRACE_QUEUE_UNKNOWN({ queue })
    return lanes
  }
}
