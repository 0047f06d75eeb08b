/** Bringing a file to the server, patiently: however long it is away, and as often as it asks to wait. */
import { serverThere } from '../api/connection.ts'
import { isAway, type Problem, problemOf } from '../api/problem.ts'
import { type Accepted, type Sending, sendFile } from './send-file.ts'

const BUSY_TRIES_MAX = 20
const BUSY_WAIT_S = 5

export interface Bringing extends Sending {
  /** Nothing is sent for the time being. */
  readonly onWait: (because: string) => void
}

/** Answers what the server has accepted; nothing once `signal` has aborted. @throws ProblemError when it refused the file. */
export async function bring({ onWait, ...sending }: Bringing): Promise<Accepted | undefined> {
  const { signal } = sending
  for (let busyTries = 0; !signal.aborted; ) {
    try {
      return await sendFile(sending)
    } catch (thrown) {
      if (signal.aborted) return undefined
      const problem = problemOf(thrown)
      if (isAway(problem)) {
        onWait('Waiting for the server')
        await serverThere()
      } else if (isBusy(problem) && busyTries < BUSY_TRIES_MAX) {
        busyTries += 1
        onWait('The server asks to wait')
        await pause((problem.retryAfterS ?? BUSY_WAIT_S) * 1_000)
      } else throw thrown
    }
  }
  return undefined
}

const isBusy = ({ status }: Problem) => status === 429 || status === 503

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
