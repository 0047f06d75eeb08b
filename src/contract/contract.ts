/** The contract of an application: every task and schedule by name. Web and worker agree on this and nothing else. */
import { contractErrors } from './errors.ts'
import type { Schedule } from './schedule.ts'
import type { Task } from './task.ts'

export interface Contract {
  readonly tasks: ReadonlyMap<string, Task>
  readonly schedules: ReadonlyMap<string, Schedule>
  /** The names of all queues that a task names, sorted. */
  readonly queues: readonly string[]
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
  const queues = [...new Set([...tasks].map((t) => t.queue))].sort()
  return Object.freeze({ tasks: byName, schedules: indexByName('schedule', schedules), queues })
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
