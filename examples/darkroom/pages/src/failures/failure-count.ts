/** How many photos were not made: for the link to them, which is there only when there are any. */
import { onReturn } from '../api/connection.ts'
import { type FailureCount, listFailures } from '../api/failures.ts'
import { storeOf } from '../store.ts'

/** Several that fail together are one question. */
const ASK_MS = 300

export const failureCount = storeOf<FailureCount>({ count: 0, retryable: 0 })

let isPlanned = false

/** Asks the server soon. */
export function refreshFailureCount(): void {
  if (isPlanned) return
  isPlanned = true
  setTimeout(() => {
    isPlanned = false
    listFailures(null, 1).then(setFailureCount, () => {}) // the banner tells that the server is away; then it is asked again
  }, ASK_MS)
}

export function setFailureCount({ count, retryable }: FailureCount): void {
  failureCount.update((now) => (now.count === count && now.retryable === retryable ? now : { count, retryable }))
}

onReturn(refreshFailureCount)
