/** Receives what arrives in governed queues while there is no room for a claim, which would receive it on the way. */
import type { Queryable } from '../data/transaction.ts'
import { asError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import { receiveAhead } from '../queue/claim.ts'

export interface ReceiverParts {
  readonly db: Queryable
  readonly log: Log
  /** This worker's present id. */
  readonly worker: () => string
  readonly stopped: AbortSignal
}

export class Receiver {
  readonly #parts: ReceiverParts
  /** By flow lane. */
  readonly #running = new Map<number, Promise<void>>()

  constructor(parts: ReceiverParts) {
    this.#parts = parts
  }

  /** Begins, if it has not, to receive all that has arrived in the intake of a flow lane. */
  receive(flow: number): void {
    if (this.#running.has(flow)) return
    this.#running.set(
      flow,
      this.#receiveAll(flow).finally(() => this.#running.delete(flow)),
    )
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  /** Block by block, each in a transaction of its own: claims go in between. */
  async #receiveAll(flow: number): Promise<void> {
    const { db, log, worker, stopped } = this.#parts
    try {
      let hasMore = true
      while (hasMore && !stopped.aborted) hasMore = await receiveAhead(db, { flow, worker: worker() })
    } catch (thrown) {
      log.warn({ why: asError(thrown).message, lane: flow }, 'receiving jobs failed; it is tried again')
    }
  }
}
