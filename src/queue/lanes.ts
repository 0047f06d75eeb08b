/** The lanes of each queue, by name: asked from the database at the start; a worker asks again now and then. */

import type { Queue, QueuePolicy } from '../contract/queue.ts'
import type { Priority } from '../contract/task.ts'
import { sql } from '../data/sql.ts'
import type { Queryable } from '../data/transaction.ts'
import { queueErrors } from './errors.ts'

const ensure = sql(import.meta.url, 'sql/ensure-lanes.sql')
const find = sql(import.meta.url, 'sql/find-lanes.sql')

export interface QueueLanes {
  /** One for each priority, the first of its partitions. In a governed queue: for jobs that have their slot already. */
  readonly ready: Readonly<Record<Priority, number>>
  /** All of each priority, those of partitions that the queue no longer has included: jobs may be left in them. */
  readonly partitions: Readonly<Record<Priority, readonly number[]>>
  /** Into how many of its partitions jobs are written. */
  readonly partitionCount: number
  readonly quarantine: number
  /** Where jobs come in and are claimed from in a governed queue, and in one that was until its rules were taken away. */
  readonly flow: FlowLanes | undefined
  /** The rules, and where jobs come in, when there are rules. */
  readonly policy: QueuePolicy | undefined
}

export interface FlowLanes {
  readonly intake: number
  readonly flow: number
}

type Kind = 'ready' | 'quarantine' | 'intake' | 'flow'
interface LaneRow {
  readonly id: number
  readonly queue: string
  readonly kind: Kind
  readonly priority: Priority
  readonly partition: number
}

export class Lanes {
  readonly #byQueue = new Map<string, QueueLanes>()
  readonly #queues: readonly Queue[]
  #laneCount = 0

  constructor(queues: Iterable<Queue>) {
    this.#queues = [...queues]
  }

  /** Makes the lanes that are missing, stores the rules, and learns all lanes. Safe to repeat; needs the migrated schema. */
  async open(db: Queryable): Promise<void> {
    if (this.#queues.length === 0) return
    const { rows } = await db.query<LaneRow>(ensure, columnsOf(this.#queues))
    // another process made them between our look and our insert: they are there now
    if (!this.#keep(rows)) return this.open(db)
  }

  /**
   * Learns lanes of these queues that another release has added, to have jobs in them worked off; where this one submits to
   * stays as it is. Answers whether there are any. Changes nothing in the database.
   */
  async learn(db: Queryable): Promise<boolean> {
    const before = this.#laneCount
    const { rows } = await db.query<LaneRow>(find, [this.#queues.map((queue) => queue.name)])
    return this.#keep(rows) && this.#laneCount > before
  }

  /** False while some are missing. */
  #keep(rows: readonly LaneRow[]): boolean {
    for (const queue of this.#queues) {
      const found = lanesOf(queue, rows)
      if (found === undefined) return false
      this.#byQueue.set(queue.name, found)
    }
    this.#laneCount = rows.length
    return true
  }

  /** @throws MILLRACE_QUEUE_UNKNOWN before `open`, or for a queue that the contract does not name. */
  get(queue: string): QueueLanes {
    const lanes = this.#byQueue.get(queue)
    if (lanes === undefined) throw queueErrors.MILLRACE_QUEUE_UNKNOWN({ queue })
    return lanes
  }
}

/** Undefined while some are missing. */
function lanesOf({ name, policy, isGoverned }: Queue, rows: readonly LaneRow[]): QueueLanes | undefined {
  const all = (kind: Kind, priority: Priority = 'normal'): readonly number[] =>
    rows.filter((row) => row.queue === name && row.kind === kind && row.priority === priority).map((row) => row.id)
  const partitions = { high: all('ready', 'high'), normal: all('ready'), low: all('ready', 'low') }
  const [[high], [normal], [low]] = [partitions.high, partitions.normal, partitions.low]
  const [[quarantine], [intake], [flow]] = [all('quarantine'), all('intake'), all('flow')]
  if (high === undefined || normal === undefined || low === undefined || quarantine === undefined) return undefined
  const { partitions: partitionCount = 1 } = policy
  if (Object.values(partitions).some((lanes) => lanes.length < partitionCount)) return undefined
  const flows = intake === undefined || flow === undefined ? undefined : { intake, flow }
  if (isGoverned && flows === undefined) return undefined
  const ready = { high, normal, low }
  return { ready, partitions, partitionCount, quarantine, flow: flows, policy: isGoverned ? policy : undefined }
}

function columnsOf(queues: readonly Queue[]): readonly unknown[] {
  const column = <T>(of: (policy: QueuePolicy) => T | undefined): (T | null)[] =>
    queues.map((q) => of(q.policy) ?? null)
  return [
    queues.map((q) => q.name),
    queues.map((q) => q.isGoverned),
    column((p) => p.concurrency),
    column((p) => p.rate?.count),
    column((p) => p.rate?.perMs),
    column((p) => p.perKey?.concurrency),
    column((p) => p.perKey?.order === 'fifo'),
    column((p) => p.perKey?.rate?.count),
    column((p) => p.perKey?.rate?.perMs),
    column((p) => p.isFair === true),
    column((p) => p.partitions ?? 1),
  ]
}
