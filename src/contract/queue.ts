/** A queue: a named stream of jobs, and the rules by which its jobs are handed out, over all processes together. */
import { contractErrors } from './errors.ts'
import { checkPolicy } from './policy.ts'
import { checkName } from './schema.ts'

/** So many starts in so long a time: spread evenly, with all of them at once allowed after a pause. */
export interface Rate {
  /** 1 to 1,000,000. */
  readonly count: number
  /** Milliseconds: 1 to a day. */
  readonly perMs: number
}

/** What holds for the jobs of each key; in a fair queue, of each key of a tenant. */
export interface KeyPolicy {
  /** Jobs of one key that may run at a time: 1 to 1,000. */
  readonly concurrency?: number
  /**
   * `fifo`: the jobs of a key run one after another. A job comes behind those whose transaction had committed before its own
   * began to write; between transactions that overlap no order is promised. One that is to be retried holds up the others
   * until it has ended.
   */
  readonly order?: 'fifo'
  readonly rate?: Rate
}

export interface QueuePolicy {
  /** Jobs of the queue that may run at a time, over all processes: 1 to 10,000. Never overshot. */
  readonly concurrency?: number
  readonly rate?: Rate
  readonly perKey?: KeyPolicy
  /**
   * Parts that are claimed independently of each other, 1 to 16; the default is 1. For a queue without other rules whose many
   * worker processes would wait for each other's claims.
   */
  readonly partitions?: number
  /** Tenants take turns: one with a million jobs does not keep the others waiting. Jobs name theirs by `tenant`. */
  readonly isFair?: boolean
}

export interface Queue {
  readonly name: string
  readonly policy: QueuePolicy
  /** Whether any rule must be kept between its jobs. A queue without rules is faster. */
  readonly isGoverned: boolean
}

export const PARTITIONS_MAX = 16
const DAY_MS = 24 * 3_600_000

/**
 * Declares a queue with rules; a queue without any needs no declaration, its name in a task is enough.
 *
 * @throws MILLRACE_CONTRACT_NAME_INVALID, MILLRACE_CONTRACT_POLICY_INVALID
 * @example
 * export const imports = queue('imports', { concurrency: 8, perKey: { concurrency: 1, order: 'fifo' }, isFair: true })
 */
export function queue(name: string, policy: QueuePolicy = {}): Queue {
  const { concurrency, rate, perKey, isFair = false, partitions = 1 } = policy
  if (concurrency !== undefined) checkPolicy(name, 'concurrency', concurrency, 1, 10_000)
  if (rate !== undefined) checkRate(name, 'rate', rate)
  if (perKey !== undefined) checkKeyPolicy(name, perKey)
  checkPolicy(name, 'partitions', partitions, 1, PARTITIONS_MAX)
  const isGoverned = concurrency !== undefined || rate !== undefined || perKey !== undefined || isFair
  if (isGoverned && partitions > 1)
    throw refused(
      name,
      'partitions',
      partitions,
      '1, or left out, beside other rules: one scheduler hands out its jobs',
    )
  return Object.freeze({ name: checkName('queue', name), policy: Object.freeze({ ...policy }), isGoverned })
}

function checkKeyPolicy(name: string, { concurrency, order, rate }: KeyPolicy): void {
  if (concurrency !== undefined) checkPolicy(name, 'perKey.concurrency', concurrency, 1, 1_000)
  if (rate !== undefined) checkRate(name, 'perKey.rate', rate)
  if (order !== undefined && order !== 'fifo') throw refused(name, 'perKey.order', order, 'fifo')
  if (order === 'fifo' && concurrency !== undefined && concurrency !== 1)
    throw refused(name, 'perKey.concurrency', concurrency, '1 when the order is fifo')
}

function checkRate(name: string, policy: string, { count, perMs }: Rate): void {
  checkPolicy(name, `${policy}.count`, count, 1, 1_000_000)
  checkPolicy(name, `${policy}.perMs`, perMs, 1, DAY_MS)
}

function refused(task: string, policy: string, value: unknown, rule: string): Error {
  return contractErrors.MILLRACE_CONTRACT_POLICY_INVALID({ task, policy, value, rule })
}
