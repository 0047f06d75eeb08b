/** Lookups by key that are asked for at the same time, as one. A busy web process asks for many sessions in one turn. */
import { asError } from './errors.ts'

/** Keys in one lookup. */
export const LOOKUP_COUNT_MAX = 500

export class MergedLookups<T> {
  readonly #find: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>
  #waiting = new Map<string, PromiseWithResolvers<T | undefined>>()

  /** `find` answers what there is, by its key. */
  constructor(find: (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>) {
    this.#find = find
  }

  /** Looks after this call, never before: what ended before it is not found. */
  get(key: string): Promise<T | undefined> {
    const twin = this.#waiting.get(key)
    if (twin !== undefined) return twin.promise
    if (this.#waiting.size === 0) setImmediate(() => this.#flush())
    const asked = Promise.withResolvers<T | undefined>()
    this.#waiting.set(key, asked)
    return asked.promise
  }

  #flush(): void {
    const all = [...this.#waiting]
    this.#waiting = new Map()
    for (let n = 0; n < all.length; n += LOOKUP_COUNT_MAX) void this.#lookUp(all.slice(n, n + LOOKUP_COUNT_MAX))
  }

  /** Never rejects: whoever asked learns of a failure. */
  async #lookUp(asked: readonly (readonly [string, PromiseWithResolvers<T | undefined>])[]): Promise<void> {
    try {
      const found = await this.#find(asked.map(([key]) => key))
      for (const [key, { resolve }] of asked) resolve(found.get(key))
    } catch (thrown) {
      for (const [, { reject }] of asked) reject(asError(thrown))
    }
  }
}
