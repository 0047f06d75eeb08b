/** The lanes of each queue, by name: asked from the database once, kept for the life of the process. */

import { PRIORITIES, type Priority } from '../contract/task.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { queueErrors } from './errors.ts'

const ensure = sql(import.meta.url, 'sql/ensure-lanes.sql')

export interface QueueLanes {
  /** One for each priority. */
  readonly ready: Readonly<Record<Priority, number>>
  readonly quarantine: number
}

interface LaneRow {
  readonly id: number
  readonly queue: string
  readonly kind: 'ready' | 'quarantine'
  readonly priority: Priority
}

const LANES_PER_QUEUE = PRIORITIES.length + 1

export class Lanes {
  readonly #byQueue = new Map<string, QueueLanes>()
  readonly #names: readonly string[]

  constructor(queues: readonly string[]) {
    this.#names = queues
  }

  /** Makes the lanes that are missing and learns all of them. Safe to repeat; needs the migrated schema. */
  async open(db: Queryable): Promise<void> {
    if (this.#names.length === 0) return
    const { rows } = await db.query<LaneRow>(ensure, [this.#names])
    // another process made them between our look and our insert: they are there now
    if (rows.length < this.#names.length * LANES_PER_QUEUE) return this.open(db)
    for (const name of this.#names) {
      const idOf = (kind: LaneRow['kind'], priority: Priority): number =>
        rows.find((row) => row.queue === name && row.kind === kind && row.priority === priority)?.id ?? 0
      const ready = { high: idOf('ready', 'high'), normal: idOf('ready', 'normal'), low: idOf('ready', 'low') }
      this.#byQueue.set(name, { ready, quarantine: idOf('quarantine', 'normal') })
    }
  }

  /** @throws MILLRACE_QUEUE_UNKNOWN before `open`, or for a queue that the contract does not name. */
  get(queue: string): QueueLanes {
    const lanes = this.#byQueue.get(queue)
    if (lanes === undefined) throw queueErrors.MILLRACE_QUEUE_UNKNOWN({ queue })
    return lanes
  }
}
