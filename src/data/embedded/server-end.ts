/** How a server is ended: gently first, and in the end surely. */
import type { Log } from '../../kernel/log.ts'

/** PostgreSQL itself kills what does not follow an immediate shutdown after 5 s. */
const IMMEDIATE_MS_MAX = 7_000
const KILLED_MS_MAX = 5_000

/**
 * Ends a server: fast shutdown (SIGINT: clients are sent away, everything is written out) for `gentleMs`, then immediate
 * (SIGQUIT: the next start recovers from the log), then SIGKILL. Committed data survives each of them.
 */
export async function endServer({
  send,
  goneWithin,
  gentleMs,
  log,
}: {
  readonly send: (signal: NodeJS.Signals) => void
  readonly goneWithin: (ms: number) => Promise<boolean>
  readonly gentleMs: number
  readonly log: Log
}): Promise<void> {
  send('SIGINT')
  if (await goneWithin(gentleMs)) return
  log.warn({ waitedMs: gentleMs }, 'PostgreSQL did not stop in time: stopping it at once, the next start will recover')
  send('SIGQUIT')
  if (await goneWithin(IMMEDIATE_MS_MAX)) return
  log.warn({ waitedMs: IMMEDIATE_MS_MAX }, 'PostgreSQL does not answer: killing it, the next start will recover')
  send('SIGKILL')
  if (!(await goneWithin(KILLED_MS_MAX))) log.error('PostgreSQL was killed, but its process has not ended')
}
