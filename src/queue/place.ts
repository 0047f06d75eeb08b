/** Whose a job is, in a queue with rules: its key, its tenant and its priority. */
import type { QueuePolicy } from '../contract/queue.ts'
import type { Priority, Task, TaskInput } from '../contract/task.ts'
import { queueErrors } from './errors.ts'
import type { Place } from './new-job.ts'

const KEY_CHARS_MAX = 200
/** Jobs submitted together are mostly of the same place: one object for all of them lets them be packed at a glance. */
let latest: Place | undefined

/** Null for a queue without rules. @throws MILLRACE_QUEUE_OPTION_INVALID */
export function placeOf<T extends Task>(
  task: T,
  input: TaskInput<T>,
  options: { readonly priority: Priority; readonly key?: string; readonly tenant?: string },
  policy: QueuePolicy | undefined,
): Place | null {
  const key = options.key ?? task.key?.(input)
  const tenant = options.tenant ?? task.tenant?.(input)
  if (key !== undefined) checkKey('key', key)
  if (tenant !== undefined) checkKey('tenant', tenant)
  if (key !== undefined && policy?.perKey === undefined) throw without('key', key, 'perKey')
  if (tenant !== undefined && policy?.isFair !== true) throw without('tenant', tenant, 'isFair')
  if (policy === undefined) return null
  return shared({ key: key ?? null, tenant: tenant ?? null, priority: options.priority })
}

/**
 * What PostgreSQL cannot store is refused here: further on it would fail the insert that others share.
 *
 * @throws MILLRACE_QUEUE_OPTION_INVALID
 */
export function checkKey(option: string, key: string): void {
  const isFit = typeof key === 'string' && key.length >= 1 && key.length <= KEY_CHARS_MAX
  if (isFit && key.isWellFormed() && !key.includes('\0')) return
  const rule = `1 to ${KEY_CHARS_MAX} characters, none of them U+0000 or half of a surrogate pair`
  throw queueErrors.MILLRACE_QUEUE_OPTION_INVALID({ option, value: key, rule })
}

function without(option: string, value: string, policy: string): Error {
  const rule = `left out: its queue is not declared with ${policy}`
  return queueErrors.MILLRACE_QUEUE_OPTION_INVALID({ option, value, rule })
}

function shared(place: Place): Place {
  const isSame = latest?.key === place.key && latest.tenant === place.tenant && latest.priority === place.priority
  if (latest === undefined || !isSame) latest = place
  return latest
}
