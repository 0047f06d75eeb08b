/** The life of one process of an application: started, told of signals, drained, ended with the right exit code. */

import { asError, isMillraceError } from '../kernel/errors.ts'
import type { Log } from '../kernel/log.ts'
import type { Service } from '../kernel/service.ts'

export interface RunningProcess {
  readonly service: Service
  readonly log: Log
  readonly drainMs: number
  /** What the supervisor is told once the service has started. */
  readonly ready: () => { readonly address?: string }
}

/** Exit codes: done; failed, a restart may help; refused, it cannot (BSD's EX_CONFIG). */
export const EXIT = Object.freeze({ done: 0, failed: 1, refused: 78 })

/**
 * Runs a service until a signal asks it to stop, or its supervisor is gone. Answers the exit code. Under a supervisor,
 * Ctrl-C is left to it: the terminal sends it to every process at once.
 */
export async function runProcess(running: RunningProcess): Promise<number> {
  const { service, log, drainMs, ready } = running
  const isSupervised = process.connected === true
  const stopping = Promise.withResolvers<string>()
  let isStopping = false
  void stopping.promise.then(() => {
    isStopping = true
  })
  const isOrphaned = (): boolean => isSupervised && process.connected !== true
  process.on('SIGTERM', () => stopping.resolve('SIGTERM'))
  process.on('SIGHUP', () => stopping.resolve('SIGHUP'))
  process.on('SIGINT', () => {
    if (!isSupervised) stopping.resolve('SIGINT')
  })
  process.once('disconnect', () => stopping.resolve('its supervisor is gone'))
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nobody caught ends this process')
    process.exit(EXIT.failed)
  })
  process.on('unhandledRejection', (thrown) => {
    log.error({ err: asError(thrown) }, 'a promise was rejected and nobody looked')
  })

  try {
    const start = new AbortController()
    void stopping.promise.then(() => start.abort())
    await service.start(start.signal)
    process.send?.({ kind: 'ready', ...ready() })
    const reason = await stopping.promise
    log.debug({ reason }, 'stopping')
    await service.stop({ drainMs })
    return EXIT.done
  } catch (thrown) {
    const error = asError(thrown)
    await service.stop({ drainMs: 0 }).catch(() => {})
    // asked to stop while it was still starting: there is nothing to tell
    if (isOrphaned() || isStopping) return EXIT.done
    const isHopeless = isMillraceError(error) && !error.retryable
    // a supervisor says it once, in its own words
    if (isHopeless && isSupervised) process.send?.({ kind: 'refused', sentence: `${error.message}. ${error.remedy}` })
    else log.fatal(isMillraceError(error) ? { remedy: error.remedy, code: error.code } : { err: error }, error.message)
    return isHopeless ? EXIT.refused : EXIT.failed
  } finally {
    const home = process.env['MILLRACE_EMBEDDED']
    if (isOrphaned() && home !== undefined) {
      const { stopOrphanedPostgres } = await import('../data/embedded/embedded-postgres.ts')
      stopOrphanedPostgres(home)
    }
  }
}
