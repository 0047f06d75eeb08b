/** The handlers of an application as the kit runs them: in this thread, with the test's clock, with the points around them. */
import type { Task } from '../contract/task.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Attempt } from '../worker/attempt.ts'
import type { BatchHandler } from '../worker/batch.ts'
import type { Handler, HandlerEntry, Handlers } from '../worker/handler.ts'
import { inHandlerOf } from './failures.ts'
import type { Life } from './life.ts'
import type { NotedAttempt } from './ran-jobs.ts'

export interface WatchedParts {
  readonly life: Life
  /** What handlers are given. */
  readonly clock: Clock
  /** Called when a handler begins with a job. */
  readonly onAttempt: (job: Attempt['job'], input: unknown) => NotedAttempt
  /** Jobs of one queue that run at a time. */
  readonly concurrency: number
}

export function watchedHandlers(handlers: Handlers, parts: WatchedParts): Handlers {
  const entries = [...handlers.entries].map(([name, entry]) => [name, watchedEntry(entry, parts)] as const)
  const queues = [...handlers.entries.values()].map(({ task }) => [task.queue.name, parts.concurrency] as const)
  return { ...handlers, entries: new Map(entries), concurrency: Object.fromEntries(queues) }
}

function watchedEntry(entry: HandlerEntry, parts: WatchedParts): HandlerEntry {
  return {
    ...entry,
    isolate: 'none', // a thread of its own would have a clock and a life of its own
    load: async () => {
      const loaded = await entry.load()
      const handler: Handler | BatchHandler | undefined = loaded.default
      if (handler !== undefined && 'run' in handler) return { default: watched(handler, parts) }
      if (handler !== undefined && 'runBatch' in handler) return { default: watchedBatch(handler, parts) }
      return loaded // what is no handler is for the engine to refuse
    },
  }
}

function watched(handler: Handler, parts: WatchedParts): Handler {
  return {
    ...handler,
    run(attempt) {
      const noted = parts.onAttempt(attempt.job, attempt.input)
      const seen = replacing(attempt, { clock: parts.clock, progress: heard(attempt, noted) })
      return betweenPoints(handler.task, parts, [noted], async () => {
        const output = await handler.run(seen)
        return { output, results: [output] }
      })
    },
  }
}

function watchedBatch(handler: BatchHandler, parts: WatchedParts): BatchHandler {
  return {
    ...handler,
    runBatch(batch) {
      const noted = batch.items.map((item) => parts.onAttempt(item.job, item.input))
      const items = batch.items.map((item, n) => replacing(item, { progress: heard(item, noted[n]) }))
      const seen = replacing(batch, { clock: parts.clock, items })
      return betweenPoints(handler.task, parts, noted, async () => {
        const output = await handler.runBatch(seen)
        return { output, results: noted.map((_, n) => output?.[n]) }
      })
    },
  }
}

/** Runs a handler between its points, and notes for each of its jobs how that ended. */
function betweenPoints<T>(
  task: Task,
  { life, clock }: WatchedParts,
  noted: readonly NotedAttempt[],
  run: () => Promise<{ readonly output: T; readonly results: readonly unknown[] }>,
): Promise<T> {
  return inHandlerOf(task, async () => {
    try {
      await life.reach('handler:before')
      const { output, results } = await life.whileAlive(run)
      await life.reach('handler:after')
      noted.forEach((note, n) => {
        const result = results[n]
        if (result instanceof Error) note.threw(result, clock.now())
        else note.returned(result)
      })
      return output
    } catch (thrown) {
      for (const note of noted) note.threw(asError(thrown), clock.now())
      throw thrown
    }
  })
}

/** A function of its own: handlers take it out of the attempt by its name. */
function heard({ progress }: Pick<Attempt, 'progress'>, noted: NotedAttempt | undefined): Attempt['progress'] {
  return (done, note) => {
    noted?.progress(note === undefined ? { done } : { done, note })
    progress(done, note)
  }
}

/** The same object but for these members. Not a copy: what the engine has made is asked for as it was made. */
function replacing<T extends object>(made: T, members: Partial<T>): T {
  return new Proxy(made, {
    get: (target, name) =>
      Object.hasOwn(members, name) ? Reflect.get(members, name) : Reflect.get(target, name, target),
  })
}
