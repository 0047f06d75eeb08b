/** Gathers the attempts of a task into batches and runs its batch handler over them. */
import type { Task } from '../contract/task.ts'
import type { Transaction } from '../data/transaction.ts'
import type { Timer } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import type { Attempt, Runtime } from './attempt.ts'
import type { BatchAttempt, BatchHandler, BatchOptions, BatchResults } from './batch.ts'
import { workerErrors } from './errors.ts'
import type { Handler } from './handler.ts'
import { RunningAttempt } from './running-attempt.ts'

interface Gathered {
  readonly attempt: Attempt
  readonly resolve: (output: unknown) => void
  readonly reject: (error: Error) => void
}

/** The batch handler as a handler of single jobs: each attempt's promise settles with what the batch says of it. */
export function gathering(handler: BatchHandler, options: BatchOptions): Handler {
  let gathered: Gathered[] = []
  let timer: Timer | undefined

  const run = (): void => {
    timer?.cancel()
    timer = undefined
    const items = gathered
    gathered = []
    void runBatch(handler, items)
  }
  return {
    task: handler.task,
    isOfMany: true,
    run: (attempt) =>
      new Promise<never>((resolve, reject) => {
        gathered.push({ attempt, resolve: resolve as (output: unknown) => void, reject })
        if (gathered.length >= options.countMax) run()
        else timer ??= attempt.clock.after(options.waitMs, run)
      }),
  }
}

/** Never rejects: every job learns of it through its own promise. */
async function runBatch(handler: BatchHandler, items: readonly Gathered[]): Promise<void> {
  try {
    const results = await handler.runBatch(new Batch(items))
    const wanted = items.length
    if (results !== undefined && results.length !== wanted)
      throw workerErrors.MILLRACE_WORKER_BATCH_UNEVEN({ task: handler.task.name, wanted, found: results.length })
    items.forEach(({ resolve, reject }, n) => {
      const result: unknown = results?.[n]
      if (result instanceof Error) reject(result)
      else resolve(result)
    })
  } catch (thrown) {
    for (const { reject } of items) reject(asError(thrown))
  }
}

class Batch implements BatchAttempt {
  readonly items: readonly Attempt[]
  #controller: AbortController | undefined

  constructor(gathered: readonly Gathered[]) {
    this.items = gathered.map(({ attempt }) => attempt)
  }

  get #runtime(): Runtime {
    return this.items[0] as Attempt
  }
  get db() {
    return this.#runtime.db
  }
  get blobs() {
    return this.#runtime.blobs
  }
  get submit() {
    return this.#runtime.submit
  }
  get submitMany() {
    return this.#runtime.submitMany
  }
  get submitAll() {
    return this.#runtime.submitAll
  }
  get resultOf() {
    return this.#runtime.resultOf
  }
  get clock() {
    return this.#runtime.clock
  }
  get log() {
    return this.#runtime.log
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal
    const controller = new AbortController()
    this.#controller = controller
    const signals = this.items.map((item) => item.signal)
    const look = (): void => {
      if (signals.every((signal) => signal.aborted)) controller.abort(signals[0]?.reason)
    }
    for (const signal of signals) signal.addEventListener('abort', look, { once: true })
    look()
    return controller.signal
  }

  get transaction(): BatchAttempt['transaction'] {
    return async (work) => {
      const items = this.items.filter((item) => item instanceof RunningAttempt)
      for (const item of items) await item.beginTransaction()
      const settled = await this.db.outsideTransaction(() =>
        this.db.transaction(async (tx: Transaction) => {
          const results: BatchResults<Task> | undefined = await work(tx)
          const completed = items.filter((_, n) => !(results?.[n] instanceof Error))
          for (const item of completed) await item.complete(tx, results?.[items.indexOf(item)])
          return { results, completed }
        }),
      )
      for (const item of settled.completed) item.committed()
      return settled.results
    }
  }
}
