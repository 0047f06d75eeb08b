/**
 * Whose doing it is: a job is submitted in somebody's name, and acts with their rights. Who that is goes along with the
 * request, or with the job that submits further ones, without being handed from call to call.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Principal } from '../contract/access.ts'

/** Somebody, or nobody who is known: a request without a login. Asked when it matters: a request may learn of it late. */
export interface Actor {
  readonly principal: Principal | undefined
}

export class Actors {
  readonly #current = new AsyncLocalStorage<Actor>()

  /** Runs `work` in somebody's name. */
  run<T>(actor: Actor, work: () => T): T {
    return this.#current.run(actor, work)
  }

  /** In whose name this runs. Undefined: in nobody's; it is the application's own doing, as a schedule is. */
  get current(): Actor | undefined {
    return this.#current.getStore()
  }
}
