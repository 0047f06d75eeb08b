/** Hints between the parts of one process: every side of an application under test lives in it. No connection, no detour. */
import { EventEmitter } from 'node:events'
import { type JobHint, LOOK_FOR_WORK, type WorkHint } from '../queue/hint.ts'
import type { Hints } from '../queue/hints.ts'

export interface LocalHints extends Hints {
  /** "Look at everything": work may have come by a way that tells nobody. */
  all(): void
}

export function localHints(): LocalHints {
  const emitter = new EventEmitter<{ work: [WorkHint]; job: [JobHint] }>().setMaxListeners(0)
  const sayWork = (hint: WorkHint): void => void setImmediate(() => emitter.emit('work', hint))
  const sayJob = (hint: Partial<JobHint>): void =>
    void setImmediate(() => emitter.emit('job', { operations: [], cancelled: [], ...hint }))
  return {
    start: async () => {},
    stop: async () => {},
    workIn: (lane) => sayWork({ lanes: [lane], hasDeferred: false }),
    takeTurn: () => undefined,
    deferred: () => sayWork({ lanes: [], hasDeferred: true }),
    operationChanged: (id) => sayJob({ operations: [id] }),
    cancelRequested: (id) => sayJob({ cancelled: [id] }),
    all: () => sayWork(LOOK_FOR_WORK),
    listenForWork(listener) {
      emitter.on('work', listener)
      return () => emitter.off('work', listener)
    },
    listenForJobs(listener) {
      emitter.on('job', listener)
      return () => emitter.off('job', listener)
    },
  }
}
