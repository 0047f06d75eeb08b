/** What one worker process with nothing to do asks of the database. */
import { startContestant } from '../contestants/process.ts'
import { between, COUNTERS, type Counters } from '../servers/counters.ts'
import { countingProxy } from '../servers/counting-proxy.ts'
import { openStore } from '../session.ts'
import { perSecond, type Trial } from './measure.ts'

const MINUTE_S = 60

/** The setting is that of the latency: an idle worker that finds its next job at once. Redis has nothing to compare. */
export async function idle({ servers, contestant, sizes, signal, found, asked, progress }: Trial): Promise<void> {
  if (contestant.store !== 'postgres') return
  await using store = await openStore(servers, contestant)
  await using proxy = await countingProxy(store.url)
  await using process = await startContestant(contestant.module, proxy.url)
  const setting = contestant.latencySetting
  await process.ask('start', { setting })
  // one job has passed, then it comes to rest
  await process.ask('fill', { count: 1, chunk: 1 })
  while ((await process.left()) > 0) await pause(LOOK_MS, signal)
  progress(`idle for ${(sizes.idleRestMs + sizes.idleMs) / 1_000} s …`)
  await pause(sizes.idleRestMs, signal)
  const read = async (): Promise<Counters> => {
    const [counters] = await store.query<Counters>(COUNTERS)
    return counters ?? { walBytes: 0, xids: 0 }
  }
  const before = { ...(await read()), ...proxy.traffic() }
  const began = performance.now()
  await pause(sizes.idleMs, signal)
  const ms = performance.now() - began
  const traffic = proxy.traffic()
  const { xids } = between(before, await read())
  await process.ask('stop', undefined)
  found('idleStatements', perSecond(traffic.statements - before.statements, ms), setting)
  found('idleTransactions', perSecond(traffic.transactions - before.transactions, ms), setting)
  for (const [statement, count] of traffic.byStatement) {
    const times = count - (before.byStatement.get(statement) ?? 0)
    if (times > 0) asked(statement, perSecond(times, ms) * MINUTE_S)
  }
  found('idleXids', perSecond(xids, ms) * MINUTE_S, setting)
}

const LOOK_MS = 20

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    })
  })
}
