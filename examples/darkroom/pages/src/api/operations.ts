/** The operation of a photo being made, or of an import: its state as the API gives it. */
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

/** Where an operation stands: still going, over well, cancelled, or over badly. */
export type Standing =
  | { readonly kind: 'going'; readonly operation: Operation }
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
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
      return { kind: 'cancelled' }
    case 'failed':
      return { kind: 'failed', problem: failureOf(operation.error) }
    default:
      return operation.status satisfies never
  }
}

/** The problem that a failed operation tells. */
function failureOf(error: Operation['error']): Problem {
  if (!error) return { title: 'It failed', detail: 'The server gave no reason.' }
  return { title: 'It failed', detail: error.detail, code: error.code }
}

/**
 * Cancels. One that waits is over at once; one that is being worked on will be soon: whoever follows it is told.
 *
 * @throws ProblemError, unless it has ended meanwhile: then there is nothing to cancel.
 */
export async function cancelOperation(path: string): Promise<void> {
  try {
    await send<Operation>(path, { method: 'DELETE' })
  } catch (thrown) {
    if (problemOf(thrown).status !== 409) throw thrown
  }
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
