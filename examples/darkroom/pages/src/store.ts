/** State that lives outside React: a value, a way to replace it, and those who want to know. */
import { useSyncExternalStore } from 'react'

export interface Store<T> {
  get(): T
  /** Replaces the value with what `change` makes of it; the same value again tells nobody. */
  update(change: (value: T) => T): void
  /** Calls `listener` after each change; returns how to stop. */
  subscribe(listener: () => void): () => void
}

export function storeOf<T>(initial: T): Store<T> {
  let value = initial
  const listeners = new Set<() => void>()
  return {
    get: () => value,
    update(change) {
      const changed = change(value)
      if (Object.is(changed, value)) return
      value = changed
      for (const listener of [...listeners]) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** What `select` picks of the store; renders again when that changes, so it must give the same object for the same state. */
export function useStore<T, S>(store: Store<T>, select: (value: T) => S): S {
  return useSyncExternalStore(store.subscribe, () => select(store.get()))
}
