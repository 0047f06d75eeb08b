/** A contestant's process as the benchmark sees it: asked one thing at a time, never left behind. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { AnswerOf, FromContestant, OrderName, OrderOf, ToContestant } from './run.ts'

export interface ContestantProcess extends AsyncDisposable {
  ask<N extends OrderName>(order: N, options: OrderOf<N>): Promise<AnswerOf<N>>
  /** Opens a plain Fastify in front of the system. */
  listen(): Promise<{ readonly url: string }>
  /** Jobs that are stored and not completed. */
  left(): Promise<number>
}

/** Contestants that run now: an interrupted benchmark waits for none of them. */
const running = new Set<ChildProcess>()

/** Ends all contestants at once; whoever waits for an answer of theirs is told that they ended. */
export function killContestants(): void {
  for (const child of running) child.kill('SIGKILL')
}

const PROGRAM = fileURLToPath(new URL('run.ts', import.meta.url))
const CLOSE_MS_MAX = 5_000
/** Lines of a process that are shown when it fails. */
const OUTPUT_CHARS_MAX = 4_000

/**
 * Starts the process of a contestant and waits until its system is open.
 *
 * @throws with what the process printed when it cannot be opened.
 */
export async function startContestant(module: URL, storeUrl: string): Promise<ContestantProcess> {
  const child = fork(PROGRAM, [module.href, storeUrl], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const output = outputOf(child)
  running.add(child)
  child.once('exit', () => running.delete(child))

  async function answer(): Promise<unknown> {
    const gone = new AbortController()
    const ended = once(child, 'exit', { signal: gone.signal }).then(([code]) => {
      throw new Error(`the process ended with ${String(code)}\n${output()}`)
    })
    try {
      const [message] = (await Promise.race([once(child, 'message', { signal: gone.signal }), ended])) as [
        FromContestant,
      ]
      if (message.kind === 'answer') return message.answer
      throw new Error(`${message.why}\n${output()}`)
    } finally {
      ended.catch(() => {})
      gone.abort()
    }
  }

  function tell(message: ToContestant): Promise<unknown> {
    const answered = answer()
    child.send(message)
    return answered
  }

  const contestant: ContestantProcess = {
    ask: (order, options) => tell({ order, options }) as Promise<never>,
    listen: () => tell({ order: 'listen' }) as Promise<{ readonly url: string }>,
    left: async () => ((await tell({ order: 'left' })) as { readonly left: number }).left,
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS_MAX)
      if (child.connected) await tell({ order: 'close' }).catch(() => {})
      await endProcess(child)
      clearTimeout(timer)
    },
  }
  try {
    await answer()
    return contestant
  } catch (error) {
    await contestant[Symbol.asyncDispose]()
    throw error
  }
}

/** What a process printed, as much of its end as is worth showing. */
export function outputOf(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-OUTPUT_CHARS_MAX)
    })
  }
  return () => text
}

/** Ends a process and waits until it is gone: asks first, then insists. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS_MAX)
  await gone
  clearTimeout(timer)
}
