/** The operation of a photo being made: its state as the API gives it. */
import { send } from './http.ts'
import { type Problem, problemOf } from './problem.ts'

export type OperationStatus = 'scheduled' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

export interface Operation {
  readonly id: string
  readonly status: OperationStatus
  readonly attempt: number
  readonly progress: { readonly done: number; readonly note?: string } | null
  readonly error?: { readonly code: string; readonly detail: string }
}

/** Where an operation stands: still going, over well, or over badly. */
export type Standing =
  | { readonly kind: 'going'; readonly operation: Operation }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly problem: Problem }

export function standingOf(operation: Operation): Standing {
  switch (operation.status) {
    case 'scheduled':
    case 'queued':
    case 'running':
      return { kind: 'going', operation }
    case 'succeeded':
      return { kind: 'done' }
    case 'cancelled':
      return { kind: 'failed', problem: { title: 'Cancelled', detail: 'The work on this photo was cancelled.' } }
    case 'failed':
      return { kind: 'failed', problem: failureOf(operation.error) }
    default:
      return operation.status satisfies never
  }
}

/** The problem that a failed operation or a failed photo tells. */
export function failureOf(error: { readonly code: string; readonly detail: string } | null | undefined): Problem {
  if (!error) return { title: 'Could not be developed', detail: 'The server gave no reason.' }
  return { title: 'Could not be developed', detail: error.detail, code: error.code }
}

/**
 * Asks once. An operation that succeeded redirects to its photo.
 *
 * @throws ProblemError only when the server is away or busy: what the server says about the operation is the answer.
 */
export async function askOperation(path: string, signal: AbortSignal): Promise<Standing> {
  try {
    const answer = await send<Operation>(path, { signal })
    return answer.redirected ? { kind: 'done' } : standingOf(answer.body)
  } catch (thrown) {
    const problem = problemOf(thrown)
    if (problem.status === undefined || problem.status === 429 || problem.status === 503) throw thrown
    return { kind: 'failed', problem }
  }
}
