/**
 * The program of a contestant's process: opens the system that its arguments name, then does what the benchmark asks over
 * the channel, one thing at a time. When the benchmark is gone, so is this process.
 */
import { alone, drain, fill, latency, listen, single } from './measuring.ts'
import type { OpenSystem, System } from './system.ts'
import { start, stop, tally } from './workers.ts'

/** What can be asked, by name. */
const ORDERS = { fill, drain, single, alone, latency, start, tally, stop } as const

export type OrderName = keyof typeof ORDERS
export type OrderOf<N extends OrderName> = Parameters<(typeof ORDERS)[N]>[1]
export type AnswerOf<N extends OrderName> = Awaited<ReturnType<(typeof ORDERS)[N]>>

export type ToContestant =
  | { readonly order: OrderName; readonly options: unknown }
  | { readonly order: 'listen' | 'left' | 'close' }
export type FromContestant =
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly why: string }

const [module = '', url = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit(1))
process.on('SIGINT', () => {}) // the terminal tells everyone; the benchmark ends us in its own time

const system = await answering(async () => {
  const { open } = (await import(module)) as { readonly open: OpenSystem }
  return open(url)
}, false)

process.on('message', (message: ToContestant) => void answering(() => obey(system, message), true))

async function obey(system: System | undefined, message: ToContestant): Promise<unknown> {
  if (system === undefined) throw new Error('the system could not be opened')
  switch (message.order) {
    case 'listen':
      return { url: (await listen(system)).url }
    case 'left':
      return { left: await system.left() }
    case 'close':
      await system.close()
      return {}
    default:
      return ORDERS[message.order](system, message.options as never)
  }
}

/** Tells the benchmark what came of it. */
async function answering<T>(work: () => Promise<T>, tellsAnswer: boolean): Promise<T | undefined> {
  try {
    const answer = await work()
    process.send?.({ kind: 'answer', answer: tellsAnswer ? answer : {} } satisfies FromContestant)
    return answer
  } catch (thrown) {
    const why = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    process.send?.({ kind: 'failed', why } satisfies FromContestant)
    return undefined
  }
}
