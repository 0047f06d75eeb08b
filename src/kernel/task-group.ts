/** Background work with an owner: no promise floats. */
import { asError } from './errors.ts'

/**
 * Holds promises that run in the background. A failure goes to `onError` once; `settled` waits for all of them.
 *
 * @example
 * const group = new TaskGroup((error) => log.error({ err: error }, 'background work failed'))
 * group.run(flush())
 * await group.settled()
 */
export class TaskGroup {
  readonly #running = new Set<Promise<void>>()
  readonly #onError: (error: Error) => void

  constructor(onError: (error: Error) => void) {
    this.#onError = onError
  }

  get size(): number {
    return this.#running.size
  }

  /** Takes ownership of the promise: its failure is reported, never unhandled. */
  run(work: Promise<unknown>): void {
    const owned: Promise<void> = work.then(
      () => {},
      (thrown: unknown) => this.#onError(asError(thrown)),
    )
    this.#running.add(owned)
    void owned.then(() => this.#running.delete(owned))
  }

  /** Resolves when nothing is running any more, what was added meanwhile included. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
