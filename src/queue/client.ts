/** All that an application asks of the queue: submitting jobs, and waiting for what comes of them. */
import type { Log } from '../kernel/log.ts'
import { openResults, type ResultOf } from './results.ts'
import { openSubmitter, type Submitter } from './submit.ts'

export interface QueueClient extends Submitter {
  /** Waits for a tracked job to end, whoever submitted it, and answers its result (results.ts). */
  readonly resultOf: ResultOf
}

export function openClient(parts: Parameters<typeof openSubmitter>[0] & { readonly log: Log }): QueueClient {
  return { ...openSubmitter(parts), resultOf: openResults(parts) }
}
