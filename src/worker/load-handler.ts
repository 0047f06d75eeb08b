/** Handlers, loaded when first needed and kept. */
import { asError } from '../kernel/errors.ts'
import type { BatchHandler } from './batch.ts'
import { workerErrors } from './errors.ts'
import { gathering } from './gatherer.ts'
import type { Handler, Handlers } from './handler.ts'

/**
 * Answers the loader of a process: it loads each handler's file once, and then answers the handler itself, no promise. A
 * load that failed is tried again next time.
 */
export function handlerLoader(handlers: Handlers): (task: string) => Handler | Promise<Handler> {
  const loaded = new Map<string, Handler | Promise<Handler>>()
  return (task) => {
    const known = loaded.get(task)
    if (known !== undefined) return known
    const loading = load(handlers, task)
    loaded.set(task, loading)
    loading.then(
      (handler) => loaded.set(task, handler),
      () => loaded.delete(task),
    )
    return loading
  }
}

async function load(handlers: Handlers, task: string): Promise<Handler> {
  const entry = handlers.entries.get(task)
  if (entry === undefined) throw workerErrors.MILLRACE_WORKER_HANDLER_MISSING({ task })
  const module = await entry.load().catch((thrown: unknown) => {
    throw workerErrors.MILLRACE_WORKER_HANDLER_WRONG({ task, found: `an error: ${asError(thrown).message}` }, thrown)
  })
  const found = module.default as unknown as Partial<Handler & BatchHandler> | undefined
  const wrong = (what: string): Error => workerErrors.MILLRACE_WORKER_HANDLER_WRONG({ task, found: what })
  if (found?.task?.name !== task) throw wrong(found?.task?.name ?? typeof found)
  const { batch } = entry
  if (batch === undefined) {
    if (typeof found.run !== 'function') throw wrong('a batchHandler, but its entry says nothing of `batch`')
    return found as Handler
  }
  if (typeof found.runBatch !== 'function') throw wrong('no batchHandler, but its entry has `batch`')
  return gathering(found as BatchHandler, batch)
}
