/** The contract of an application: every task and schedule by name. Web and worker agree on this and nothing else. */
import { contractErrors } from './errors.ts'
import type { Queue } from './queue.ts'
import type { Schedule } from './schedule.ts'
import type { Task } from './task.ts'

export interface Contract {
  readonly tasks: ReadonlyMap<string, Task>
  readonly schedules: ReadonlyMap<string, Schedule>
  /** All queues that a task names, by name. */
  readonly queues: ReadonlyMap<string, Queue>
}

/**
 * Collects an application's tasks and schedules. A schedule brings its task along.
 *
 * @throws MILLRACE_CONTRACT_NAME_TWICE when two different tasks, or two schedules, share a name.
 */
export function contractOf(parts: {
  readonly tasks: readonly Task[]
  readonly schedules?: readonly Schedule[]
}): Contract {
  const schedules = parts.schedules ?? []
  const tasks = new Set([...parts.tasks, ...schedules.map((s) => s.task)])
  const byName = indexByName('task', [...tasks])
  return Object.freeze({ tasks: byName, schedules: indexByName('schedule', schedules), queues: queuesOf([...tasks]) })
}

/** A queue may be named by some tasks and declared, once, by others: the declaration counts for all. */
function queuesOf(tasks: readonly Task[]): ReadonlyMap<string, Queue> {
  const queues = new Map<string, Queue>()
  for (const { queue } of tasks.toSorted((a, b) => a.queue.name.localeCompare(b.queue.name))) {
    const known = queues.get(queue.name)
    const isTwice = known !== undefined && known !== queue && known.isGoverned && queue.isGoverned
    if (isTwice) throw contractErrors.MILLRACE_CONTRACT_NAME_TWICE({ kind: 'queue', name: queue.name })
    if (known === undefined || queue.isGoverned) queues.set(queue.name, queue)
  }
  return queues
}

function indexByName<T extends { readonly name: string }>(kind: string, items: readonly T[]): ReadonlyMap<string, T> {
  const byName = new Map<string, T>()
  for (const item of items) {
    if (byName.has(item.name)) throw contractErrors.MILLRACE_CONTRACT_NAME_TWICE({ kind, name: item.name })
    byName.set(item.name, item)
  }
  return byName
}

/** @throws MILLRACE_CONTRACT_TASK_UNKNOWN */
export function getTask(contract: Contract, name: string): Task {
  const task = contract.tasks.get(name)
  if (task === undefined) throw contractErrors.MILLRACE_CONTRACT_TASK_UNKNOWN({ name })
  return task
}
