/** Hints between the parts of one process: every side of an application under test lives in it. No connection, no detour. */
import { EventEmitter } from 'node:events'
import type { Hint, Hints } from '../queue/hints.ts'

export interface LocalHints extends Hints {
  /** "Look at everything": work may have come by a way that tells nobody. */
  all(): void
}

const NOTHING: Hint = Object.freeze({ lanes: [], hasDeferred: false, operations: [], cancelled: [] })

export function localHints(): LocalHints {
  const emitter = new EventEmitter<{ hint: [Hint] }>().setMaxListeners(0)
  const say = (hint: Partial<Hint>): void => {
    setImmediate(() => emitter.emit('hint', { ...NOTHING, ...hint }))
  }
  return {
    start: async () => {},
    stop: async () => {},
    workIn: (lane) => say({ lanes: [lane] }),
    takeTurn: () => undefined,
    deferred: () => say({ hasDeferred: true }),
    operationChanged: (id) => say({ operations: [id] }),
    cancelRequested: (id) => say({ cancelled: [id] }),
    all: () => say({ hasDeferred: true, operations: 'all' }),
    listen(listener) {
      emitter.on('hint', listener)
      return () => emitter.off('hint', listener)
    },
  }
}
