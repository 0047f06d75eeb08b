/** Photos that were not made, as the API lists them. */
import { send } from './http.ts'
import type { PhotoPage } from './photos.ts'

export interface FailureCount {
  /** All that failed or were cancelled. */
  readonly count: number
  /** Those that failed and may work the next time. */
  readonly retryable: number
}

export type FailurePage = PhotoPage & FailureCount

export async function listFailures(after: string | null, limit: number): Promise<FailurePage> {
  const query = new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after }) })
  return (await send<FailurePage>(`/api/failures?${query}`)).body
}

/** Has all of them made again that may work. Answers how many they are. */
export async function retryFailures(): Promise<number> {
  return (await send<{ count: number }>('/api/failures/retry', { method: 'POST' })).body.count
}
