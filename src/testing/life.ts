/**
 * The life of a process under test, inside the process of the test. Everything that its code can reach (the database,
 * submitting, blobs) is reached through its life. When the test kills it, all of that stops answering: a call of a handler
 * that is under way, or is made later, never returns. So the handler stands still where it is, as code of a killed process
 * does, without its `catch` and `finally`. The engine is told that the database is away: it has loops to end.
 */
import { dataErrors } from '../data/errors.ts'
import type { QueueClient } from '../queue/client.ts'
import { testingErrors } from './errors.ts'
import { type FailurePoint, type Failures, isInHandler } from './failures.ts'
import { LifeClock, type VirtualClock } from './virtual-clock.ts'

export class Life {
  /** The engine's. */
  readonly clock: LifeClock
  readonly #failures: Failures
  readonly #isMortal: boolean
  readonly #over = Promise.withResolvers<void>()
  #isOver = false

  /** `isMortal`: there is something to kill. The test's own side and the web side cannot be. */
  constructor(parts: { readonly failures: Failures; readonly clock: VirtualClock; readonly isMortal: boolean }) {
    this.#failures = parts.failures
    this.#isMortal = parts.isMortal
    this.clock = new LifeClock(parts.clock)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Resolves when it is over. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  kill(): void {
    this.#isOver = true
    this.clock.end()
    this.#over.resolve()
  }

  /** Passes a point: what was ordered happens there. */
  async reach(point: FailurePoint): Promise<void> {
    if (this.#isOver) return this.#gone()
    const strike = this.#failures.strikeAt(point)
    if (strike === undefined) return
    if (strike.kind === 'error') throw strike.error
    if (!this.#isMortal) throw testingErrors.MILLRACE_TESTING_KILLED({ point })
    this.kill()
    return this.#gone()
  }

  /** Answers what `work` does, as long as this life lasts. */
  async whileAlive<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#isOver) return this.#gone()
    try {
      const made = await work()
      return this.#isOver ? this.#gone() : made
    } catch (thrown) {
      if (this.#isOver) return this.#gone()
      throw thrown
    }
  }

  /** A port of this process: the promises of its methods are kept while it lives. */
  holds<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: readonly unknown[]): unknown => {
          if (this.#isOver) return this.#gone()
          const made: unknown = Reflect.apply(member, target, args)
          return made instanceof Promise ? this.whileAlive(() => made) : made
        }
      },
    })
  }

  /** The queue as this process has it: every form of submitting has its points. */
  asks(client: QueueClient): QueueClient {
    const asked = Object.entries(this.holds(client)).map(([name, ask]) => [
      name,
      name.startsWith('submit') ? this.#withPoints(ask) : ask,
    ])
    return Object.fromEntries(asked) as QueueClient
  }

  #gone(): Promise<never> {
    if (isInHandler()) return new Promise(() => {})
    return Promise.reject(dataErrors.MILLRACE_DATA_UNREACHABLE({ why: 'the test has killed this process' }))
  }

  #withPoints(submit: (...args: never) => unknown) {
    return async (...args: readonly unknown[]): Promise<unknown> => {
      await this.reach('submit')
      const made: unknown = await Reflect.apply(submit, undefined, args)
      await this.reach('submit:answer-lost')
      return made
    }
  }
}
