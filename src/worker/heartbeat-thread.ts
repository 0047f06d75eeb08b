/**
 * The heartbeat of a worker process, in a thread of its own, so that a handler that blocks the event loop does not cost the
 * process its lease. It watches the loop as well: one that stays blocked is reported, then the process is killed, for
 * nothing inside it can end the handler.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Database } from '../data/database.ts'
import { systemClock } from '../kernel/clock.ts'
import { asError } from '../kernel/errors.ts'
import { silentLog } from '../kernel/log.ts'
import { heartbeat } from '../queue/workers.ts'
import type { FromHeartbeat, HeartbeatData } from './heartbeat.ts'

const { url, workerId, leaseMs, beatMs, blockedMsMax, pulse } = workerData as HeartbeatData
const db = new Database({
  url,
  poolMax: 1,
  deadlineMs: Math.max(1_000, leaseMs / 3),
  applicationName: 'millrace heartbeat',
  clock: systemClock,
  log: silentLog(),
})
const beats = new Int32Array(pulse)
const WATCH_MS = 250

let lastPulse = -1
let blockedSince = systemClock.monotonic()
let isReported = false
const stopped = new AbortController()

const say = (message: FromHeartbeat): void => parentPort?.postMessage(message)

// the open port keeps this thread alive: the clock's timers alone would let it end
parentPort?.once('message', () => {
  stopped.abort()
  parentPort?.close()
})

async function beat(): Promise<void> {
  while (!stopped.signal.aborted) {
    try {
      say({ kind: (await heartbeat(db, workerId, leaseMs)) ? 'alive' : 'lost' })
    } catch (thrown) {
      say({ kind: 'missed', why: asError(thrown).message })
    }
    await systemClock.sleep(beatMs, stopped.signal)
  }
}

async function watch(): Promise<void> {
  while (!stopped.signal.aborted) {
    const now = systemClock.monotonic()
    const pulseNow = Atomics.load(beats, 0)
    if (pulseNow !== lastPulse) {
      lastPulse = pulseNow
      blockedSince = now
      isReported = false
    }
    const blockedMs = now - blockedSince
    if (blockedMs > blockedMsMax) {
      process.stderr.write(
        `worker ${workerId}: the event loop was blocked for ${Math.round(blockedMs)} ms; killing the process\n`,
      )
      process.kill(process.pid, 'SIGKILL')
    } else if (blockedMs > blockedMsMax / 4 && !isReported) {
      isReported = true
      process.stderr.write(`worker ${workerId}: the event loop has been blocked for ${Math.round(blockedMs)} ms\n`)
    }
    await systemClock.sleep(WATCH_MS, stopped.signal)
  }
}

await Promise.all([beat(), watch()])
await db.end()
